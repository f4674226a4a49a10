/** Segmentations (PS3.3 A.51): which of their frames lies over which image, and what each segment is called. */
import { functionalGroup } from '../dicomweb/attributes';
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import { fromCieLab, type Rgb } from './overlays';

export interface Segment {
  number: number;
  label: string;
  color: Rgb;
}

/** A frame of the segmentation and the image that it lies over. */
export interface SegmentFrame {
  /** From 1. */
  frame: number;
  /** 0 in a label map, whose values are segment numbers. */
  segment: number;
  /** The source image where the file names it. */
  instance: string;
  sourceFrame: number | null;
  position: number[];
}

export interface Segmentation {
  uid: string;
  label: string;
  series: string;
  rows: number;
  columns: number;
  /** The value that means wholly inside, 1 but for fractional ones. */
  most: number;
  segments: Segment[];
  frames: SegmentFrame[];
  orientation: number[];
  frameOfReference: string;
  /** Series of its sources, where it says so. */
  sources: string[];
}

const COLORS: Rgb[] = [[255, 99, 92], [88, 200, 120], [95, 160, 255], [255, 200, 60], [200, 120, 255], [70, 215, 215], [255, 140, 190], [190, 200, 90]];

/** A code's meaning, or its value. */
function meaning(set: DicomJson, tag: string): string {
  const code = items(set, tag)[0] ?? {};
  return text(code, '00080104') || text(code, '00080100');
}

function segmentsOf(set: DicomJson): Segment[] {
  return items(set, '00620002').map((one, index) => ({
    number: numbers(one, '00620004')[0] ?? index + 1,
    label: text(one, '00620005') || meaning(one, '0062000F') || String(index + 1),
    color: fromCieLab(numbers(one, '0062000D')) ?? COLORS[index % COLORS.length] ?? [255, 99, 92],
  }));
}

function frameOf(set: DicomJson, frame: number): SegmentFrame {
  const source = items(functionalGroup(set, frame, '00089124'), '00082112')[0] ?? {};
  return {
    frame,
    segment: numbers(functionalGroup(set, frame, '0062000A'), '0062000B')[0] ?? 0,
    instance: text(source, '00081155'),
    sourceFrame: numbers(source, '00081160')[0] ?? null,
    position: numbers(functionalGroup(set, frame, '00209113'), '00200032'),
  };
}

/** Read a segmentation from its data set. */
export function segmentationOf(set: DicomJson): Segmentation {
  const count = numbers(set, '00280008')[0] ?? 1;
  return {
    uid: text(set, '00080018'),
    label: text(set, '0008103E') || text(set, '00700080'),
    series: text(set, '0020000E'),
    rows: numbers(set, '00280010')[0] ?? 0,
    columns: numbers(set, '00280011')[0] ?? 0,
    most: text(set, '00620001') === 'FRACTIONAL' ? (numbers(set, '0062000E')[0] ?? 255) : 1,
    segments: segmentsOf(set),
    frames: Array.from({ length: count }, (_, index) => frameOf(set, index + 1)),
    orientation: numbers(functionalGroup(set, 1, '00209116'), '00200037'),
    frameOfReference: text(set, '00200052'),
    sources: items(set, '00081115').map((one) => text(one, '0020000E')),
  };
}

/** Where an image lies, as far as it matters here. */
export interface ImagePlace {
  instance: string;
  frame: number;
  rows: number;
  columns: number;
  position: number[];
  orientation: number[];
  frameOfReference: string;
}

const NEAR_MM = 0.1;

function near(one: readonly number[], other: readonly number[], within: number): boolean {
  return one.length > 0 && one.length === other.length && one.every((value, index) => Math.abs(value - (other[index] ?? Infinity)) < within);
}

/** The frames that lie over an image of the same size: by name, else at the same place in the same frame of reference. */
export function framesOver(segmentation: Segmentation, image: ImagePlace): SegmentFrame[] {
  if (image.rows !== segmentation.rows || image.columns !== segmentation.columns) return [];
  const samePlane = segmentation.frameOfReference === image.frameOfReference && near(segmentation.orientation, image.orientation, 1e-3);
  return segmentation.frames.filter(({ instance, sourceFrame, position }) => (instance
    ? instance === image.instance && (sourceFrame === null || sourceFrame === image.frame)
    : samePlane && near(position, image.position, NEAR_MM)));
}
