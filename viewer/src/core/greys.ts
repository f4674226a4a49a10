/**
 * From stored values to grey levels, as the file says it: Modality LUT, VOI LUT or window, polarity, padding (PS3.3 C.11,
 * C.7.5.1.1.2, C.7.6.16.2.9 and .10). The server draws by the same rules, so that no picture changes when pixels replace it.
 */
import { functionalGroup } from '../dicomweb/attributes';
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import type { Window } from './window';

export type VoiFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';

/** A lookup table: `entries[0]` is for the value `first`; values outside take the end entries. */
export interface Lut {
  first: number;
  /** What the highest entry can be, 2^bits - 1. */
  top: number;
  entries: readonly number[];
}

/** The grey scale of one frame. */
export interface Greys {
  slope: number;
  intercept: number;
  modalityLut: Lut | null;
  voiLut: Lut | null;
  /** In the unit after the Modality LUT; null where the file names none. */
  window: Window | null;
  voiFunction: VoiFunction;
  /** The lowest value is the brightest. */
  inverse: boolean;
  /** Stored values that stand for "no pixel here". */
  padding: [number, number] | null;
  bitsStored: number;
  signed: boolean;
  /** What the values after the Modality LUT are: Rescale Type, of PET its Units; 'HU' also of a CT that rescales and names none, 'US' where nobody says. */
  type: string;
}

const NO_WINDOW: Window = { center: 1, width: 2 };

function lutOf(sequence: DicomJson[], signed: boolean): Lut | null {
  const [described, entries] = [numbers(sequence[0] ?? {}, '00283002'), numbers(sequence[0] ?? {}, '00283006')];
  const [count, first, bits] = described;
  if (count === undefined || first === undefined || !bits || !entries.length) return null;
  const low = (signed || sequence[0]?.['00283002']?.vr === 'SS') && first >= 0x8000 ? first - 0x10000 : first;
  // common mistake: 8-bit entries in a table that claims 16
  const narrow = bits === 16 && entries.length <= 256 && entries.every((entry) => entry <= 255);
  return { first: low, top: 2 ** (narrow ? 8 : bits >= 8 && bits <= 16 ? bits : 16) - 1, entries };
}

function functionOf(name: string): VoiFunction {
  return name === 'SIGMOID' || name === 'LINEAR_EXACT' ? name : 'LINEAR';
}

function paddingOf(set: DicomJson): [number, number] | null {
  const value = numbers(set, '00280120')[0];
  if (value === undefined) return null;
  const limit = numbers(set, '00280121')[0] ?? value;
  return [Math.min(value, limit), Math.max(value, limit)];
}

/** (PS3.3 C.11.1.1.2) A screen of a CT scanner that was captured is a CT image too: not each of its numbers is a Hounsfield unit. */
function typeOf(set: DicomJson, transformation: DicomJson): string {
  const modality = text(set, '00080060');
  const named = (modality === 'PT' && text(set, '00541001')) // Units (C.8.9.1)
    || text(transformation, '00281054') || text(set, '00281054') || text(items(set, '00283000')[0] ?? {}, '00283004');
  const rescaled = [transformation, set].some((one) => numbers(one, '00281052').length > 0);
  return named || (modality === 'CT' && rescaled ? 'HU' : 'US');
}

/** The grey scale of `frame` (from 1) of a data set whose tables are values (`withTables`). */
export function greysOf(set: DicomJson, frame: number): Greys {
  const voi = functionalGroup(set, frame, '00289132');
  const source = numbers(voi, '00281050').length ? voi : set;
  const transformation = functionalGroup(set, frame, '00289145');
  const intercept = numbers(transformation, '00281052')[0] ?? numbers(set, '00281052')[0] ?? 0;
  const signed = numbers(set, '00280103')[0] === 1;
  const center = numbers(source, '00281050')[0];
  const width = numbers(source, '00281051')[0];
  const named = functionOf(text(source, '00281056'));
  // not allowed for LINEAR, yet sent with fractional units: read as exact
  const fractional = named === 'LINEAR' && width !== undefined && width < 1;
  return {
    slope: numbers(transformation, '00281053')[0] || numbers(set, '00281053')[0] || 1,
    intercept,
    modalityLut: lutOf(items(set, '00283000'), signed),
    voiLut: lutOf(items(set, '00283010'), signed || intercept < 0),
    window: center !== undefined && width !== undefined && width > 0 ? { center, width } : null,
    voiFunction: fractional ? 'LINEAR_EXACT' : named,
    inverse: text(set, '00280004') === 'MONOCHROME1' || text(set, '20500020') === 'INVERSE',
    padding: paddingOf(set),
    bitsStored: numbers(set, '00280101')[0] ?? 16,
    signed,
    type: typeOf(set, transformation),
  };
}

/** The entry of `lut` for a value. */
export function entryOf(lut: Lut, value: number): number {
  const at = Math.max(0, Math.min(lut.entries.length - 1, Math.round(value) - lut.first));
  return lut.entries[at] ?? 0;
}

/** A stored value in the unit of the modality. */
export function modalityValue(greys: Greys, stored: number): number {
  return greys.modalityLut ? entryOf(greys.modalityLut, stored) : stored * greys.slope + greys.intercept;
}

/** The level, 0 to 1, of a value in the unit of the modality. A chosen window takes the place of a VOI LUT. */
export function levelOf(greys: Greys, window: Window | null, value: number): number {
  if (!window && greys.voiLut) return entryOf(greys.voiLut, value) / greys.voiLut.top;
  const { center, width } = window ?? greys.window ?? NO_WINDOW;
  if (greys.voiFunction === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  const level = greys.voiFunction === 'LINEAR_EXACT'
    ? (value - center) / width + 0.5
    : (value - (center - 0.5)) / Math.max(width - 1, 1e-9) + 0.5;
  return Math.max(0, Math.min(1, level));
}

function between(low: number, high: number, voiFunction: VoiFunction): Window {
  const width = high > low ? high - low : 1;
  const center = (low + Math.max(high, low + 1e-9)) / 2;
  // LINEAR counts from half a value below to half a value above (C.11.2.1.2.1)
  return voiFunction === 'LINEAR' ? { center: center + 0.5, width: width + 1 } : { center, width };
}

function percentile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at - Math.floor(at));
}

/**
 * A window for an image that names none: the whole range of 8-bit pictures, else from the 0.5th to the 99.5th percentile of
 * `values` (in the unit of the modality, `columns` to a row, padding where `isPadding` says so of a value or its position).
 */
export function suggestedWindow(
  greys: Greys, values: ArrayLike<number>, columns: number, isPadding: (value: number, at: number) => boolean,
): Window {
  const { bitsStored, intercept, slope } = greys;
  if (bitsStored <= 8 && !greys.signed && !greys.modalityLut) {
    return between(intercept, intercept + slope * (2 ** bitsStored - 1), greys.voiFunction);
  }
  const step = Math.max(1, Math.floor(Math.sqrt(values.length / 65536)));
  const sample: number[] = [];
  for (let row = 0; row < values.length; row += step * columns) {
    for (let at = row; at < row + columns; at += step) {
      const value = values[at] ?? 0;
      if (Number.isFinite(value) && !isPadding(value, at)) sample.push(value);
    }
  }
  const sorted = Float64Array.from(sample).sort();
  return sorted.length ? between(percentile(sorted, 0.005), percentile(sorted, 0.995), greys.voiFunction) : NO_WINDOW;
}

/** Points [value, level 0 to 1] through which straight lines draw the grey scale, in rising order. */
export function transferPoints(greys: Greys, window: Window | null, invert: boolean): [number, number][] {
  const flip = greys.inverse !== invert;
  const points = valuesThatMatter(greys, window).map((value): [number, number] => [value, levelOf(greys, window, value)]);
  return flip ? points.map(([value, level]) => [value, 1 - level]) : points;
}

const SIGMOID_STEPS = 512;

function valuesThatMatter(greys: Greys, window: Window | null): number[] {
  if (!window && greys.voiLut) return greys.voiLut.entries.map((_, index) => (greys.voiLut?.first ?? 0) + index);
  const { center, width } = window ?? greys.window ?? NO_WINDOW;
  if (greys.voiFunction === 'SIGMOID') {
    return Array.from({ length: SIGMOID_STEPS + 1 }, (_, step) => center + width * 3 * (step / SIGMOID_STEPS - 0.5));
  }
  const [middle, half] = greys.voiFunction === 'LINEAR_EXACT' ? [center, width / 2] : [center - 0.5, Math.max(width - 1, 1e-6) / 2];
  return [middle - half, middle + half];
}
