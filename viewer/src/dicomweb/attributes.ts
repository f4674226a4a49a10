import type { Window } from '../core/window';
import { items, numbers, text, type DicomJson } from './client';

/** What the viewer shows or uses of one image's data set. Lengths in millimetres. */
export interface ImageAttributes {
  orientation: number[];
  patientOrientation: string[];
  position: number[];
  /** Distance of two rows, of two columns (PixelSpacing); of a projection that at the detector. Empty where unknown. */
  spacing: number[];
  frameOfReference: string;
  /** R, L, B or '' (ImageLaterality, else Laterality). */
  laterality: string;
  /** ViewPosition such as CC, MLO, PA, LL; '' where the file does not say. */
  viewPosition: string;
  window: Window | null;
  sliceThickness: number | null;
  sliceLocation: number | null;
  kvp: number | null;
  tubeCurrent: number | null;
  /** Frames a second as the file says, for cine. */
  frameRate: number | null;
  lossy: boolean;
  /** Height of a pixel by its width, 1 where the file does not say. */
  pixelAspect: number;
  /** False where nothing says how large things are: lengths are in pixels then. */
  hasScale: boolean;
  /** Colour images have no window in PS3.3; the server is not asked for one. */
  color: boolean;
}

/** The functional group item that holds for `frame` (PS3.3 C.7.6.16): its own, else the shared one. */
export function functionalGroup(set: DicomJson, frame: number, tag: string): DicomJson {
  const own = items(items(set, '52009230')[frame - 1], tag)[0];
  return own ?? items(items(set, '52009229')[0], tag)[0] ?? {};
}

function first(...lists: number[][]): number | null {
  return lists.find((list) => list.length)?.[0] ?? null;
}

function whole(count: number, ...lists: number[][]): number[] {
  return lists.find((list) => list.length === count) ?? [];
}

function windowOf(set: DicomJson): Window | null {
  const center = numbers(set, '00281050')[0];
  const width = numbers(set, '00281051')[0];
  return center !== undefined && width !== undefined && width > 0 ? { center, width } : null;
}

/** Height of a pixel by its width: from the spacing, else from what scanners of photos and film say (C.7.6.3.1.7). */
function aspectOf(spacing: number[], ratio: number[]): number {
  const [down, across] = spacing.length === 2 ? spacing : ratio;
  return down && across && down > 0 && across > 0 ? down / across : 1;
}

/** Whether any of the regions of an ultrasound image is measured in centimetres (C.8.5.5). */
function hasMeasuredRegion(set: DicomJson): boolean {
  return items(set, '00186011').some((region) => numbers(region, '00186024')[0] === 3 && numbers(region, '00186026')[0] === 3);
}

/** Read the attributes of `frame` (1-based) from an instance's data set, enhanced multi-frame included. */
export function attributesOf(set: DicomJson, frame: number): ImageAttributes {
  const spacing = whole(2, numbers(functionalGroup(set, frame, '00289110'), '00280030'), numbers(set, '00280030'));
  const frameTime = first(numbers(set, '00181063'));
  return {
    orientation: whole(6, numbers(functionalGroup(set, frame, '00209116'), '00200037'), numbers(set, '00200037')),
    patientOrientation: (set['00200020']?.Value ?? []).map(String),
    position: whole(3, numbers(functionalGroup(set, frame, '00209113'), '00200032'), numbers(set, '00200032')),
    spacing: spacing.length ? spacing : whole(2, numbers(set, '00181164')),
    frameOfReference: text(set, '00200052'),
    laterality: text(set, '00200062') || text(set, '00200060'),
    viewPosition: text(set, '00185101').toUpperCase(),
    window: windowOf(functionalGroup(set, frame, '00289132')) ?? windowOf(set),
    sliceThickness: first(numbers(functionalGroup(set, frame, '00289110'), '00180050'), numbers(set, '00180050')),
    sliceLocation: first(numbers(set, '00201041')),
    kvp: first(numbers(set, '00180060')),
    tubeCurrent: first(numbers(set, '00181151')),
    frameRate: first(numbers(set, '00082144'), numbers(set, '00180040')) ?? (frameTime ? 1000 / frameTime : null),
    lossy: text(set, '00282110') === '01',
    pixelAspect: aspectOf(spacing, numbers(set, '00280034')),
    hasScale: spacing.length === 2 || hasMeasuredRegion(set),
    color: !text(set, '00280004').startsWith('MONOCHROME'),
  };
}
