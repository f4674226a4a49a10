import type { MessageKey } from '../i18n';

/** A VOI window (DICOM PS3.3 C.11.2), in the unit after the modality LUT. */
export interface Window {
  center: number;
  width: number;
}

export interface Preset {
  label: MessageKey;
  /** Words for people who are not radiologists; presets without them are for the full look only. */
  plain?: MessageKey;
  window: Window | 'default';
}

const CT: Preset[] = [
  { label: 'presetDefault', plain: 'plainDefault', window: 'default' },
  { label: 'presetAbdomen', plain: 'plainSoft', window: { center: 50, width: 400 } },
  { label: 'presetLung', plain: 'plainLung', window: { center: -600, width: 1500 } },
  { label: 'presetBone', plain: 'plainBone', window: { center: 480, width: 2500 } },
  { label: 'presetBrain', plain: 'plainBrain', window: { center: 40, width: 80 } },
  { label: 'presetMediastinum', window: { center: 40, width: 350 } },
  { label: 'presetLiver', window: { center: 90, width: 150 } },
  { label: 'presetAngio', window: { center: 300, width: 600 } },
];

/**
 * Presets for a modality. Only CT has absolute values; elsewhere they widen or narrow the window of the image itself.
 */
export function presetsFor(modality: string, initial: Window | null): Preset[] {
  if (modality === 'CT') return CT;
  const presets: Preset[] = [{ label: 'presetDefault', plain: 'plainDefault', window: 'default' }];
  if (!initial) return presets;
  const scaled = (center: number, width: number): Window => ({
    center: initial.center + initial.width * center,
    width: Math.max(1, initial.width * width),
  });
  return [
    ...presets,
    { label: 'presetBrighter', plain: 'plainBrighter', window: scaled(-0.2, 1) },
    { label: 'presetDarker', plain: 'plainDarker', window: scaled(0.2, 1) },
    { label: 'presetMoreContrast', plain: 'plainMoreContrast', window: scaled(0, 0.6) },
    { label: 'presetLessContrast', plain: 'plainLessContrast', window: scaled(0, 1.6) },
  ];
}

/** `window` moved by a drag of (dx, dy) CSS pixels: right widens, down raises the centre, in steps of the width. */
export function draggedWindow(window: Window, dx: number, dy: number, initial: Window): Window {
  const step = Math.max(initial.width, 1) / 300;
  return { center: window.center + dy * step, width: Math.max(1, window.width + dx * step) };
}

export function sameWindow(one: Window | null, other: Window | null): boolean {
  return one === other || (!!one && !!other && one.center === other.center && one.width === other.width);
}
