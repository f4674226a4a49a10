/** What Cornerstone leaves out of a grey image: tables, padding, polarity, functions, scales that are not there. */
import { Enums, utilities, type StackViewport, type Types } from '@cornerstonejs/core';
import { attributesOf } from '../dicomweb/attributes';
import type { DicomJson } from '../dicomweb/client';
import { entryOf, greysOf, suggestedWindow, transferPoints, type Greys } from './greys';
import type { ViewState } from './view';
import type { Window } from './window';

type Values = Int8Array | Uint8Array | Int16Array | Uint16Array | Float32Array;
interface Loading { promise: Promise<Types.IImage>; cancelFn?: () => void }
type Loader = (imageId: string, options?: Record<string, unknown>) => Loading;

/** Little endian, implicit and explicit VR: what comes without a decoder's own mask. */
const RAW = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'];
/** By the image itself, so that they go with it. */
const greysOfImage = new WeakMap<Types.IImage, Greys>();
const greysOfMade = new Map<string, Greys>();
/** A bit a position: whether it holds no pixel. */
const emptyOfImage = new WeakMap<Types.IImage, Uint8Array>();

/** Whether a position of a loaded image holds no pixel; null where all of them hold one. */
export function emptyIn(image: Types.IImage): ((at: number) => boolean) | null {
  const bits = emptyOfImage.get(image);
  return bits ? (at) => (((bits[at >> 3] ?? 0) >> (at & 7)) & 1) === 1 : null;
}

/**
 * Let positions of an image hold no pixel: drawn as dark as can be, and no number to whoever measures. Not the values tell
 * them, since a pixel may be as dark.
 */
export function empty(image: Types.IImage, values: Values, positions: readonly number[], inverse: boolean): void {
  const bits = new Uint8Array((values.length + 7) >> 3);
  const darkest = extremeOf(values, inverse);
  for (const at of positions) {
    values[at] = darkest;
    bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  }
  emptyOfImage.set(image, bits);
  const [isEmpty, manager] = [emptyIn(image), image.voxelManager as { getAtIJK(...at: number[]): unknown } | undefined];
  if (!manager) return;
  const stored = manager.getAtIJK;
  manager.getAtIJK = (column = 0, row = 0, slice = 0) => (isEmpty?.(row * image.columns + column) ? NaN : stored(column, row, slice));
}

/** What the values of an image are: a Rescale Type. */
export function typeOf(image: Types.IImage): string {
  return (greysOfImage.get(image) ?? greysOfMade.get(image.imageId))?.type ?? 'US';
}

/** The data set and the frame (from 1) that an image's address names. */
function named(imageId: string, sets: Map<string, DicomJson>): { set: DicomJson; frame: number } | null {
  const [, uid = '', frame = '1'] = /\/instances\/([^/]+)\/frames\/(\d+)/.exec(imageId) ?? [];
  const set = sets.get(uid);
  return set ? { set, frame: Number(frame) } : null;
}

/** A loader that gives the images of `load` as their data sets say that they are. */
export function trueGreys(load: Loader, sets: () => Map<string, DicomJson>): Loader {
  return (imageId, options) => {
    const loading = load(imageId, options);
    const mended = async (): Promise<Types.IImage> => {
      const image = await loading.promise;
      const found = named(imageId, sets());
      if (!found) return image;
      if (!attributesOf(found.set, found.frame).hasScale) {
        image.calibration = { ...image.calibration, type: Enums.CalibrationTypes.UNCALIBRATED } as NonNullable<Types.IImage['calibration']>;
      }
      if (!image.color) mend(image, greysOf(found.set, found.frame));
      else if (image.getPixelData().length === 2 * image.rows * image.columns) replaceValues(image, fromYbr422(image.getPixelData()), 3);
      return image;
    };
    return { ...loading, promise: mended() };
  };
}

/** Let an image that was computed here be drawn by the grey scale of its data set; null forgets it. */
export function knowGreys(imageId: string, set: DicomJson | null): void {
  if (set) greysOfMade.set(imageId, greysOf(set, 1));
  else greysOfMade.delete(imageId);
}

/** Values after the Modality LUT, padding as dark as can be, and the window with which the image opens. */
function mend(image: Types.IImage, greys: Greys): void {
  let values = image.getPixelData() as Values;
  const { modalityLut } = greys;
  if (RAW.includes((image as { transferSyntaxUID?: string }).transferSyntaxUID ?? '')) dropUnusedBits(values, image, greys);
  const padded = greys.padding ? paddedAt(values, image, greys) : null;
  if (modalityLut) {
    values = Uint16Array.from(values, (stored) => entryOf(modalityLut, stored));
    replaceValues(image, values, 1);
  }
  if (padded?.length) empty(image, values, padded, greys.inverse);
  greysOfImage.set(image, greys);
  image.invert = greys.inverse;
  image.voiLUTFunction = greys.voiFunction as Types.IImage['voiLUTFunction'];
  const isEmpty = emptyIn(image);
  const window = greys.window ?? windowOfTable(greys) ?? suggestedWindow(greys, values, image.columns, (_, at) => isEmpty?.(at) ?? false);
  [image.windowCenter, image.windowWidth] = [window.center, window.width];
}

/** Bits above Bits Stored are no part of a value: old overlays stand there (PS3.5 8.1.1). */
function dropUnusedBits(values: Values, image: Types.IImage, greys: Greys): void {
  const [slope, intercept] = image.preScale?.scaled ? [greys.slope, greys.intercept] : [1, 0];
  const unused = 32 - greys.bitsStored;
  const [lowest, highest] = greys.signed ? [-(2 ** (greys.bitsStored - 1)), 2 ** (greys.bitsStored - 1) - 1] : [0, 2 ** greys.bitsStored - 1];
  for (let at = 0; at < values.length; at += 1) {
    const stored = ((values[at] ?? 0) - intercept) / slope;
    if (stored >= lowest - 0.5 && stored <= highest + 0.5) continue;
    const shifted = Math.round(stored) << unused;
    values[at] = (greys.signed ? shifted >> unused : shifted >>> unused) * slope + intercept;
  }
}

/** Positions of padding, looked for among stored values: Cornerstone has applied slope and intercept already. */
function paddedAt(values: Values, image: Types.IImage, greys: Greys): number[] {
  const [low, high] = greys.padding ?? [0, 0];
  const [slope, intercept] = image.preScale?.scaled ? [greys.slope, greys.intercept] : [1, 0];
  const found: number[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const stored = Math.round(((values[at] ?? 0) - intercept) / slope);
    if (stored >= low && stored <= high) found.push(at);
  }
  return found;
}

function extremeOf(values: Values, inverse: boolean): number {
  if (values instanceof Float32Array) return inverse ? 1e7 : -1e7;
  const bits = 8 * values.BYTES_PER_ELEMENT;
  const signed = values instanceof Int16Array || values instanceof Int8Array;
  if (!inverse) return signed ? -(2 ** (bits - 1)) : 0;
  return 2 ** (signed ? bits - 1 : bits) - 1;
}

function windowOfTable({ voiLut }: Greys): Window | null {
  return voiLut && { center: voiLut.first + voiLut.entries.length / 2, width: voiLut.entries.length };
}

/** Uncompressed YBR_FULL_422 (C.7.6.3.1.2), which Cornerstone takes for RGB: two pixels share Cb and Cr. */
function fromYbr422(values: ArrayLike<number>): Uint8ClampedArray {
  const rgb = new Uint8ClampedArray((values.length / 2) * 3);
  for (let at = 0; at < values.length / 2; at += 1) {
    const pair = (at >> 1) * 4;
    const luma = values[pair + (at & 1)] ?? 0;
    const [cb, cr] = [(values[pair + 2] ?? 0) - 128, (values[pair + 3] ?? 0) - 128];
    rgb.set([luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb], 3 * at);
  }
  return rgb;
}

function replaceValues(image: Types.IImage, values: Uint16Array | Uint8ClampedArray, numberOfComponents: number): void {
  image.imageFrame = { ...image.imageFrame, pixelData: values } as unknown as NonNullable<Types.IImage['imageFrame']>;
  image.getPixelData = () => values as unknown as ReturnType<Types.IImage['getPixelData']>;
  image.dataType = values.constructor.name as NonNullable<Types.IImage['dataType']>;
  image.sizeInBytes = values.byteLength;
  image.voxelManager = utilities.VoxelManager.createImageVoxelManager({
    scalarData: values as never, width: image.columns, height: image.rows, numberOfComponents,
  }) as NonNullable<Types.IImage['voxelManager']>;
}

interface TransferFunction {
  setNodes(nodes: { x: number; r: number; g: number; b: number; midpoint: number; sharpness: number }[]): void;
  modified(): void;
}

interface ImageActor {
  getProperty(): { getRGBTransferFunction(channel: number): TransferFunction };
  getMapper(): { setColorTextureWidth(entries: number): void };
}

/**
 * Let the viewport draw a grey image by its file's grey scale and `chosen`, the person's window.
 * @returns false for an image that this module has not seen, which Cornerstone draws by itself.
 */
export function drawGreys(viewport: StackViewport, image: Types.IImage, chosen: Window | null, view: ViewState): boolean {
  const greys = greysOfImage.get(image) ?? greysOfMade.get(image.imageId);
  const actor = viewport.getDefaultActor()?.actor as ImageActor | undefined;
  if (!greys || !actor) return false;
  const [center, width] = [image.windowCenter, image.windowWidth].map((one) => (Array.isArray(one) ? one[0] : one)) as [number, number];
  const points = transferPoints({ ...greys, window: { center, width } }, chosen, view.invert);
  viewport.setProperties({ voiRange: { lower: points[0]?.[0] ?? 0, upper: points[points.length - 1]?.[0] ?? 1 }, invert: false });
  const curve = actor.getProperty().getRGBTransferFunction(0);
  curve.setNodes(points.map(([x, level]) => ({ x, r: level, g: level, b: level, midpoint: 0.5, sharpness: 0 })));
  curve.modified();
  // the curve is drawn from a texture: for a table as wide a one as there can be (0)
  actor.getMapper().setColorTextureWidth(points.length > 1024 ? 0 : 1024);
  return true;
}
