import type { Mpr } from '../app/mpr';
import type { MessageKey, Translate } from '../i18n';
import type { SlabMode } from '../mpr/reslice';
import { h, iconButton, setPressed } from './dom';

const MODES: readonly (readonly [SlabMode, MessageKey, MessageKey])[] = [
  ['max', 'slabMax', 'slabMaxHelp'], ['min', 'slabMin', 'slabMinHelp'], ['mean', 'slabMean', 'slabMeanHelp'],
];
const THICKEST_MM = 60;
const SETTLE_MS = 120;

/** How thick the planes of a volume are, and what a thick one shows. */
export class MprPanel {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly output = h('output', {});
  private readonly modes: { mode: SlabMode; button: HTMLButtonElement }[];
  private readonly straight: HTMLButtonElement;
  private timer = 0;

  constructor(private readonly t: Translate, private readonly mpr: Mpr) {
    this.input = h('input', { type: 'range', min: 0, max: THICKEST_MM, step: 1, value: 0, 'aria-label': t('slab'), oninput: () => this.slid() });
    this.modes = MODES.map(([mode, label, help]) => ({
      mode, button: h('button', { type: 'button', 'aria-pressed': 'false', title: t(help), onclick: () => mpr.setSlab({ ...mpr.slab, mode }) }, t(label)),
    }));
    this.straight = iconButton('arrow-counterclockwise', t('mprStraight'), () => mpr.straighten(), { className: 'pv-btn', title: t('mprStraightHelp') });
    this.element = h('div', { class: 'pv-panel pv-panel--mpr', role: 'group', 'aria-label': t('actionMpr'), hidden: true },
      h('div', { class: 'pv-presets' }, ...this.modes.map(({ button }) => button)), this.straight,
      h('label', {}, h('span', {}, t('slab')), this.input, this.output));
  }

  private slid(): void {
    this.say(Number(this.input.value));
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.mpr.setSlab({ ...this.mpr.slab, millimetres: Number(this.input.value) }), SETTLE_MS);
  }

  private say(millimetres: number): void {
    const text = millimetres ? `${millimetres} mm` : this.t('slabThin');
    this.output.textContent = text;
    this.input.setAttribute('aria-valuetext', text);
  }

  update(): void {
    const { state, slab } = this.mpr;
    this.element.hidden = state !== 'on';
    for (const { mode, button } of this.modes) {
      setPressed(button, mode === slab.mode && slab.millimetres > 0);
      button.disabled = slab.millimetres === 0;
    }
    this.straight.disabled = !this.mpr.isTurned;
    this.input.value = String(slab.millimetres);
    this.say(slab.millimetres);
  }
}
