/**
 * One image from its stored pixels on a plain canvas: what a radiologist looks at first, before the engine that zooms,
 * windows and measures has started. Only what needs no decoder; the rest waits for the engine.
 */
import { numbers, text, type DicomJson, type DicomWeb } from '../dicomweb/client';
import { lacksLut } from '../dicomweb/palette';
import type { MetadataStore } from '../dicomweb/store';
import { greysOf, levelOf, modalityValue, suggestedWindow, type Greys } from './greys';
import type { ImageRef } from './stack';
import type { Window } from './window';

const RAW = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1']; // little endian, implicit and explicit VR
const VALUES = 1 << 16; // of a pixel of at most 16 bits
const MOST_BYTES = 2 * 1024 * 1024; // the engine fetches it once more

/** Whether an image is worth trying, as far as the page's own list tells; the answer itself is looked at again. */
export function mayBeExact(image: ImageRef): boolean {
  return ['', ...RAW].includes(image.transferSyntax) && image.rows * image.columns * 2 <= MOST_BYTES && image.rows * image.columns > 0;
}

/** Whether the stored bytes are one grey value a pixel, in the low bits. */
function isPlain(set: DicomJson): boolean {
  const [allocated = 0, stored = 0, high = 0] = ['00280100', '00280101', '00280102'].map((tag) => numbers(set, tag)[0]);
  return /^MONOCHROME[12]$/.test(text(set, '00280004')) && numbers(set, '00280002')[0] === 1
    && [8, 16].includes(allocated) && high === stored - 1 && !lacksLut(set);
}

/** The only part of a multipart answer, where it holds raw little endian pixels. */
function rawPart(answer: Uint8Array, length: number): Uint8Array | null {
  const head = new TextDecoder('latin1').decode(answer.subarray(0, 1024));
  const start = head.indexOf('\r\n\r\n') + 4;
  const syntax = /transfer-syntax="?([\d.]+)/.exec(head.slice(0, start))?.[1];
  if (start < 4 || !syntax || !RAW.includes(syntax) || answer.length < start + length) return null;
  return answer.subarray(start, start + length);
}

/** The stored values, with the sign and the bits that the file says (PS3.5 8.1.1). */
function storedValues(bytes: Uint8Array, set: DicomJson, { bitsStored, signed }: Greys): Int32Array {
  const wide = numbers(set, '00280100')[0] === 16;
  const unused = 32 - bitsStored;
  const values = new Int32Array(wide ? bytes.length >> 1 : bytes.length);
  for (let at = 0; at < values.length; at += 1) {
    const stored = (wide ? (bytes[2 * at] ?? 0) | ((bytes[2 * at + 1] ?? 0) << 8) : (bytes[at] ?? 0)) << unused;
    values[at] = signed ? stored >> unused : stored >>> unused;
  }
  return values;
}

/** Grey levels, 0 to 255, of stored values of at most 16 bits: one calculation a value that occurs, however many pixels have it. */
export function levels(stored: Int32Array, greys: Greys, window: Window | null): Uint8ClampedArray {
  const known = new Float32Array(VALUES).fill(-1); // by the low 16 bits, which tell stored values apart
  const [low, high] = greys.padding ?? [1, 0];
  const found = new Uint8ClampedArray(stored.length);
  for (let at = 0; at < stored.length; at += 1) {
    const value = stored[at] ?? 0;
    let level = known[value & (VALUES - 1)] ?? -1;
    if (level < 0) {
      const share = levelOf(greys, window, modalityValue(greys, value));
      level = value >= low && value <= high ? 0 : 255 * (greys.inverse ? 1 - share : share);
      known[value & (VALUES - 1)] = level;
    }
    found[at] = level;
  }
  return found;
}

/** What the file or the person says, else what suits the values; null leaves a VOI LUT its place. */
function windowFor(stored: Int32Array, greys: Greys, columns: number, chosen: Window | null): Window | null {
  if (chosen || greys.window || greys.voiLut) return chosen ?? (greys.voiLut ? null : greys.window);
  const [low, high] = greys.padding ?? [1, 0];
  const values = new Float64Array(stored.length);
  for (let at = 0; at < values.length; at += 1) {
    const value = stored[at] ?? 0;
    values[at] = value >= low && value <= high ? NaN : modalityValue(greys, value);
  }
  return suggestedWindow(greys, values, columns, Number.isNaN);
}

/**
 * Draw an image from the answer to its WADO-RS frames request.
 * @returns null for what only the engine can draw.
 */
export function exactImage(answer: ArrayBuffer, set: DicomJson, image: ImageRef, chosen: Window | null): HTMLCanvasElement | null {
  const bytesEach = (numbers(set, '00280100')[0] ?? 0) / 8;
  const bytes = isPlain(set) ? rawPart(new Uint8Array(answer), image.rows * image.columns * bytesEach) : null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.columns, image.rows];
  const pen = canvas.getContext('2d');
  if (!bytes || !pen) return null;
  const greys = greysOf(set, image.frame);
  const stored = storedValues(bytes, set, greys);
  const grey = levels(stored, greys, windowFor(stored, greys, image.columns, chosen));
  const picture = pen.createImageData(image.columns, image.rows);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let at = 0; at < grey.length; at += 1) pixels[at] = 0xff000000 | ((grey[at] ?? 0) * 0x010101);
  pen.putImageData(picture, 0, 0);
  return canvas;
}

/**
 * Where a file names no window and no engine looks for one, find that with which the server draws image `index`, for all of the
 * stack: brightness and contrast start from it.
 * @returns whether there was one to find.
 * @throws RequestFailure
 */
export async function suggestWindow(stack: readonly ImageRef[], index: number, web: DicomWeb, metadata: MetadataStore): Promise<boolean> {
  const image = stack[index];
  const [set, attributes] = [metadata.set(image), metadata.of(image)];
  if (!image || !set || !attributes || attributes.color || attributes.window || lacksLut(set)) return false;
  const greys = greysOf(set, image.frame);
  const found = windowFor(storedValues(await web.plainFrame(image), set, greys), greys, image.columns, null);
  if (!found) return false;
  for (const one of stack) {
    const its = metadata.of(one);
    if (its) its.window ??= found;
  }
  return true;
}
