/** From the string of a frame's script back to its stored values; `standards/dicom/exact.py` packs them. */

export type SampleType = 'u1' | 'i1' | 'u2' | 'i2' | 'u4' | 'i4' | 'f4' | 'f8';

export type Values =
  | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** `entries[0]` is for the value `first`; values outside take the end entries (DICOM PS3.3 C.11). */
export interface LookupTable {
  first: number;
  bits: number;
  entries: number[];
}

/** What turns stored values into grey; colour has none of it. */
export interface GreyScale {
  slope: number;
  intercept: number;
  modality: LookupTable | null;
  voi: LookupTable | null;
  /** Centre, width, VOI LUT function. */
  window: [number, number, string] | null;
  inverse: boolean;
  padding: [number, number] | null;
}

export interface FrameHeader extends Partial<GreyScale> {
  rows: number;
  columns: number;
  samples: 1 | 3;
  type: SampleType | 'jpeg';
  lossy: boolean;
  fps: number | null;
  /** Height of a pixel over its width. */
  aspect: number;
  /** Image Orientation (six numbers) or Patient Orientation (two words), or nothing. */
  orientation: (number | string)[];
}

/** One image: samples in rows, of colour all red ones first, then green, then blue. */
export interface Frame {
  header: FrameHeader;
  values: Values;
}

/** Each character of a script read as x-user-defined is one byte: the low eight bits of its code. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

const VIEWS = {
  u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, i4: Int32Array, f4: Float32Array, f8: Float64Array,
} as const;

/**
 * Values from inflated bytes.
 * @throws Error where there are too few or too many.
 */
export function restore(bytes: Uint8Array, header: FrameHeader): Values {
  const { rows, columns, samples, type } = header;
  if (type === 'jpeg') throw new Error('A JPEG has no values to restore');
  const size = Number(type[1]);
  const count = rows * columns;
  if (bytes.length !== count * samples * size) throw new Error('A frame of another size');
  const whole = new Uint8Array(bytes.length);
  for (let channel = 0; channel < samples; channel += 1) {
    const from = bytes.subarray(channel * count * size, (channel + 1) * count * size);
    const to = whole.subarray(channel * count * size, (channel + 1) * count * size);
    if (size === 1) undo(from, from, 0, to, columns);
    else if (size === 2) undo(from, from.subarray(count), 8, new Uint16Array(to.buffer, to.byteOffset, count), columns);
    else interleave(from, to, count, size);
  }
  return new VIEWS[type](whole.buffer);
}

/** Sum up differences to the left neighbour (in the first column: to the one above), whose sign is their lowest bit. */
function undo(low: Uint8Array, high: Uint8Array, shift: 0 | 8, to: Uint8Array | Uint16Array, columns: number): void {
  let first = 0;
  for (let start = 0; start < to.length; start += columns) {
    let value = first;
    for (let at = start; at < start + columns; at += 1) {
      const zigzag = shift ? (low[at] as number) | ((high[at] as number) << shift) : (low[at] as number);
      value = (value + ((zigzag >>> 1) ^ -(zigzag & 1))) & 0xffff;
      to[at] = value;
      if (at === start) first = value;
    }
  }
}

function interleave(from: Uint8Array, to: Uint8Array, count: number, size: number): void {
  for (let plane = 0; plane < size; plane += 1) {
    for (let at = 0; at < count; at += 1) to[at * size + plane] = from[plane * count + at] as number;
  }
}

/** Raw deflate, opened by the browser itself. */
export async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
