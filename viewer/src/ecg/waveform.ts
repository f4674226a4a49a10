/** Waveforms (PS3.3 C.10.9): multiplex groups, channels in millivolts, and where their traces lie on paper. */
import { items, numbers, text, type DicomJson } from '../dicomweb/client';

export interface Lead {
  label: string;
  /** Millivolts, or the channel's own unit where that is no voltage. */
  values: Float32Array;
  unit: string;
  /** Seconds by which the channel was sampled later than the first. */
  skew: number;
  /** What the device filtered out, as the file says: low and high end and notch in Hz. */
  filter: { low: number | null; high: number | null; notch: number | null };
}

export interface WaveformGroup {
  label: string;
  /** Samples a second. */
  frequency: number;
  seconds: number;
  leads: Lead[];
}

/** The file's description of a waveform makes no sense. */
export class BrokenWaveform extends Error {}

const BYTES: Record<string, number> = { SB: 1, UB: 1, SS: 2, US: 2, SL: 4, UL: 4 };
const MILLIVOLTS: Record<string, number> = { uV: 0.001, 'µV': 0.001, mV: 1, V: 1000 };
const STANDARD = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];
const MOST_CHANNELS = 64;

function first(set: DicomJson, tag: string, otherwise: number): number {
  return numbers(set, tag)[0] ?? otherwise;
}

function labelOf(channel: DicomJson): string {
  const source = items(channel, '003A0208')[0] ?? {};
  const words = text(channel, '003A0203') || text(source, '00080104');
  const short = words.replace(/^lead\s*/i, '').split(/[,(]/)[0]?.trim() || '?';
  return STANDARD.find((lead) => lead.toLowerCase() === short.toLowerCase()) ?? short.slice(0, 12);
}

function sample(view: DataView, at: number, kind: string): number {
  if (kind === 'SS') return view.getInt16(at, true);
  if (kind === 'US') return view.getUint16(at, true);
  if (kind === 'SL') return view.getInt32(at, true);
  if (kind === 'UL') return view.getUint32(at, true);
  return kind === 'SB' ? view.getInt8(at) : view.getUint8(at);
}

function leadOf(channel: DicomJson, number: number, count: number, view: DataView, kind: string, samples: number): Lead {
  const unit = text(items(channel, '003A0211')[0] ?? {}, '00080100') || 'uV';
  const scale = first(channel, '003A0210', 1) * first(channel, '003A0212', 1) * (MILLIVOLTS[unit] ?? 1);
  const baseline = first(channel, '003A0213', 0) * (MILLIVOLTS[unit] ?? 1);
  const bytes = BYTES[kind] ?? 2;
  const values = Float32Array.from({ length: samples }, (_, at) => sample(view, (at * count + number) * bytes, kind) * scale + baseline);
  const filter = (tag: string) => numbers(channel, tag)[0] ?? null;
  return {
    label: labelOf(channel), values, unit: MILLIVOLTS[unit] ? 'mV' : unit, skew: first(channel, '003A0214', 0),
    filter: { low: filter('003A0220'), high: filter('003A0221'), notch: filter('003A0222') },
  };
}

/**
 * One multiplex group from its item and its bytes (little endian, channel after channel within a sample).
 * @throws BrokenWaveform where the description and the bytes do not fit together.
 */
export function groupOf(item: DicomJson, bytes: Uint8Array): WaveformGroup {
  const channels = items(item, '003A0200').slice(0, MOST_CHANNELS);
  const kind = text(item, '54001006');
  const [count, frequency] = [first(item, '003A0005', channels.length), first(item, '003A001A', 0)];
  const sane = channels.length > 0 && kind in BYTES && count >= channels.length && count <= 1024 && frequency >= 1 && frequency <= 100_000;
  if (!sane) throw new BrokenWaveform('description');
  const samples = Math.min(first(item, '003A0010', Infinity), Math.floor(bytes.length / (count * (BYTES[kind] ?? 2))));
  if (!samples) throw new BrokenWaveform('empty');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    label: text(item, '003A0020'), frequency, seconds: samples / frequency,
    leads: channels.map((channel, number) => leadOf(channel, number, count, view, kind, samples)),
  };
}

/** How fast the paper runs and how high a millivolt is. */
export interface Paper {
  mmPerSecond: number;
  mmPerMillivolt: number;
}

/** A piece of a lead on paper, all in millimetres. */
export interface Trace {
  label: string;
  x: number;
  /** Where zero (the lead's median) lies. */
  y: number;
  points: [number, number][];
}

export interface Sheet {
  width: number;
  height: number;
  traces: Trace[];
}

const MARGIN = 6;
const ROW = 26;
const ROWS = [['I', 'aVR', 'V1', 'V4'], ['II', 'aVL', 'V2', 'V5'], ['III', 'aVF', 'V3', 'V6']];
const MOST_SECONDS = 120;

/** Where the standard twelve are and last ten seconds: 3 rows of 4 and lead II below; else each lead has its row. */
export function layOut(group: WaveformGroup, paper: Paper, inRows: boolean): Sheet {
  const find = (label: string) => group.leads.find((lead) => lead.label === label);
  const standard = isStandard(group) && !inRows;
  const seconds = standard ? 10 : Math.min(MOST_SECONDS, group.seconds);
  const high = ROW * Math.max(1, paper.mmPerMillivolt / 10);
  const pieces = standard
    ? [...ROWS.flatMap((row, line) => row.map((label, part) => ({ lead: find(label), line, from: part * 2.5, to: part * 2.5 + 2.5 }))),
      { lead: find('II'), line: 3, from: 0, to: 10 }]
    : group.leads.map((lead, line) => ({ lead, line, from: 0, to: seconds }));
  const traces = pieces.flatMap(({ lead, line, from, to }) => (lead
    ? [trace(lead, group.frequency, paper, from, to, MARGIN + line * high + high / 2, high)] : []));
  const lines = standard ? 4 : group.leads.length;
  return { width: 2 * MARGIN + seconds * paper.mmPerSecond, height: 2 * MARGIN + lines * high, traces };
}

/** The twelve leads, ten seconds long: what is printed as 3 × 4. */
export function isStandard(group: WaveformGroup): boolean {
  return group.seconds >= 9.5 && STANDARD.every((label) => group.leads.some((lead) => lead.label === label && lead.unit === 'mV'));
}

function trace(lead: Lead, frequency: number, paper: Paper, from: number, to: number, y: number, high: number): Trace {
  const start = Math.round(from * frequency);
  const values = lead.values.subarray(start, Math.round(to * frequency));
  const sorted = Float32Array.from(values).sort();
  const level = sorted[sorted.length >> 1] ?? 0;
  // what is no voltage has no scale: it fills its row
  const range = (sorted[sorted.length - 1] ?? 0) - (sorted[0] ?? 0);
  const scale = lead.unit === 'mV' ? paper.mmPerMillivolt : (0.8 * high) / (range || 1);
  const points = [...values].map((value, at): [number, number] => [
    MARGIN + ((start + at) / frequency + lead.skew) * paper.mmPerSecond,
    // a wild electrode stays within its neighbours' rows
    y - Math.max(-high, Math.min(high, (value - level) * scale)),
  ]);
  return { label: lead.unit === 'mV' ? lead.label : `${lead.label} (${lead.unit})`, x: MARGIN + from * paper.mmPerSecond, y, points };
}

/** Milliseconds and millivolts (up is positive) from one point on paper to another. */
export function between(from: [number, number], to: [number, number], paper: Paper): { ms: number; mv: number } {
  return { ms: ((to[0] - from[0]) / paper.mmPerSecond) * 1000, mv: (from[1] - to[1]) / paper.mmPerMillivolt };
}
