/**
 * Stored values to grey, by the same steps and the same rounding as the server (`standards/dicom/render.py`), which are
 * those of DICOM PS3.4 N.2: modality, VOI, presentation.
 */
import type { Window } from '../src/core/window';
import type { Frame, FrameHeader, LookupTable, Values } from './unpack';

const RGB: readonly number[] = [0, 1, 2];

function looked(table: LookupTable, value: number): number {
  const index = Math.max(0, Math.min(table.entries.length - 1, value - table.first));
  return table.entries[index] ?? 0;
}

/** A window's level for a value, 0 to 255 and whole (PS3.3 C.11.2.1). */
export function windowed(value: number, { center, width }: Window, kind: string): number {
  let scaled: number;
  if (kind === 'SIGMOID') scaled = 255 / (1 + Math.exp(Math.max(-700, Math.min(700, (-4 * (value - center)) / Math.max(width, 1e-9)))));
  else if (kind === 'LINEAR_EXACT') scaled = ((value - center) / Math.max(width, 1e-9) + 0.5) * 255;
  else scaled = ((value - (center - 0.5)) / Math.max(width - 1, 1e-9) + 0.5) * 255;
  return Number.isNaN(scaled) ? 0 : Math.floor(Math.max(0, Math.min(255, scaled)));
}

/** The window that an image has by itself: as it says, else over its table, else over all colours. */
export function ownWindow(header: FrameHeader): Window {
  if (header.window) return { center: header.window[0], width: header.window[1] };
  if (header.voi) return { center: header.voi.first + header.voi.entries.length / 2, width: header.voi.entries.length };
  return { center: 127.5, width: 255 };
}

/** Level of a stored value; without a `chosen` window the image's own table or window decides. */
export function levelOf(header: FrameHeader, chosen: Window | null): (stored: number) => number {
  const { slope = 1, intercept = 0, modality = null, padding = null, inverse = false } = header;
  const voi = chosen ? null : (header.voi ?? null);
  const window = chosen ?? ownWindow(header);
  const kind = header.samples === 3 ? 'LINEAR_EXACT' : (header.window?.[2] ?? 'LINEAR');
  return (stored) => {
    if (padding && stored >= padding[0] && stored <= padding[1]) return 0;
    const value = modality ? looked(modality, stored) : stored * slope + intercept;
    const level = voi
      ? Math.floor(Math.max(0, Math.min(255, looked(voi, Math.round(value)) * (255 / (2 ** voi.bits - 1)))))
      : windowed(value, window, kind);
    return inverse ? 255 - level : level;
  };
}

/** Levels for all values of a type of 8 or 16 bits, by the value's bits taken as unsigned. */
function tableOf(values: Values, level: (stored: number) => number): Uint8Array {
  const bits = values.BYTES_PER_ELEMENT * 8;
  const signed = values instanceof Int8Array || values instanceof Int16Array;
  const shift = 32 - bits;
  const table = new Uint8Array(2 ** bits);
  for (let at = 0; at < table.length; at += 1) table[at] = level(signed ? (at << shift) >> shift : at);
  return table;
}

/** Draw a frame into `picture` (RGBA), which is as large as it is. */
export function paint({ header, values }: Frame, chosen: Window | null, picture: Uint8ClampedArray): void {
  const count = header.rows * header.columns;
  if (header.samples === 3) return paintColour(values, count, chosen && levelOf(header, chosen), picture);
  const pixels = new Uint32Array(picture.buffer, picture.byteOffset, count);
  const level = levelOf(header, chosen);
  if (values.BYTES_PER_ELEMENT > 2) {
    for (let at = 0; at < count; at += 1) pixels[at] = 0xff000000 | (level(values[at] as number) * 0x010101);
    return;
  }
  const table = tableOf(values, level);
  const bits = values.BYTES_PER_ELEMENT === 1
    ? new Uint8Array(values.buffer, values.byteOffset, count) : new Uint16Array(values.buffer, values.byteOffset, count);
  for (let at = 0; at < count; at += 1) pixels[at] = 0xff000000 | ((table[bits[at] as number] as number) * 0x010101);
}

function paintColour(values: Values, count: number, level: ((stored: number) => number) | null, picture: Uint8ClampedArray): void {
  const table = level ? tableOf(values, level) : null;
  for (let at = 0; at < count; at += 1) {
    for (const channel of RGB) {
      const value = values[channel * count + at] as number;
      picture[at * 4 + channel] = table ? (table[value] as number) : value;
    }
    picture[at * 4 + 3] = 255;
  }
}
