/**
 * One image from its stored pixels on a plain canvas: what a radiologist looks at first, before the engine that zooms,
 * windows and measures has started. Only what needs no decoder and one linear window; the rest waits for the engine.
 */
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import type { ImageRef } from './stack';
import type { Window } from './window';

const RAW = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1']; // little endian, implicit and explicit VR
const MOST_BYTES = 2 * 1024 * 1024; // the engine fetches it once more

/** Whether an image is worth trying, as far as the page's own list tells; the answer itself is looked at again. */
export function mayBeExact(image: ImageRef): boolean {
  return ['', ...RAW].includes(image.transferSyntax) && image.rows * image.columns * 2 <= MOST_BYTES && image.rows * image.columns > 0;
}

/** Whether the engine would draw it by one linear window over square pixels too (PS3.3 C.11.1, C.11.2). */
function isPlain(set: DicomJson): boolean {
  const spacing = numbers(set, '00280030');
  return /^MONOCHROME[12]$/.test(text(set, '00280004')) && numbers(set, '00280002')[0] === 1
    && [8, 16].includes(numbers(set, '00280100')[0] ?? 0)
    && ['', 'LINEAR'].includes(text(set, '00281056'))
    && spacing[0] === spacing[1] && !numbers(set, '00280034').length
    && !['00283000', '00283010', '52009229', '52009230'].some((tag) => items(set, tag).length);
}

/** The only part of a multipart answer, where it holds raw little endian pixels. */
function rawPart(answer: Uint8Array, length: number): Uint8Array | null {
  const head = new TextDecoder('latin1').decode(answer.subarray(0, 1024));
  const start = head.indexOf('\r\n\r\n') + 4;
  const syntax = /transfer-syntax="?([\d.]+)/.exec(head.slice(0, start))?.[1];
  if (start < 4 || !syntax || !RAW.includes(syntax) || answer.length < start + length) return null;
  return answer.subarray(start, start + length);
}

/** Values after the modality LUT, in the unit of the window. */
function valuesOf(bytes: Uint8Array, set: DicomJson): Float32Array {
  const wide = numbers(set, '00280100')[0] === 16;
  const unused = 32 - (numbers(set, '00280101')[0] ?? (wide ? 16 : 8));
  const signed = numbers(set, '00280103')[0] === 1;
  const slope = numbers(set, '00281053')[0] ?? 1;
  const intercept = numbers(set, '00281052')[0] ?? 0;
  const values = new Float32Array(wide ? bytes.length >> 1 : bytes.length);
  for (let at = 0; at < values.length; at += 1) {
    const stored = wide ? (bytes[2 * at] ?? 0) | ((bytes[2 * at + 1] ?? 0) << 8) : (bytes[at] ?? 0);
    values[at] = (signed ? (stored << unused) >> unused : stored) * slope + intercept;
  }
  return values;
}

/** The window from the darkest to the brightest value, for an image without one: as the engine chooses it. */
function widest(values: Float32Array): Window {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { center: (low + high) / 2, width: Math.max(1, high - low) };
}

/** Grey levels by the linear VOI function of PS3.3 C.11.2.1.2.1. */
export function levels(values: Float32Array, window: Window, invert: boolean): Uint8ClampedArray {
  const width = Math.max(window.width - 1, 1e-6);
  const low = window.center - 0.5 - width / 2;
  const grey = new Uint8ClampedArray(values.length);
  for (let at = 0; at < values.length; at += 1) {
    const level = (((values[at] ?? 0) - low) / width) * 255;
    grey[at] = invert ? 255 - level : level;
  }
  return grey;
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
  const values = valuesOf(bytes, set);
  const grey = levels(values, chosen ?? widest(values), text(set, '00280004') === 'MONOCHROME1');
  const picture = pen.createImageData(image.columns, image.rows);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let at = 0; at < grey.length; at += 1) pixels[at] = 0xff000000 | ((grey[at] ?? 0) * 0x010101);
  pen.putImageData(picture, 0, 0);
  return canvas;
}
