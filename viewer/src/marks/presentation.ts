/** Softcopy presentation states (PS3.3 A.33.1): what somebody drew on images and how they wanted them seen. */
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import { flippedHorizontally, INITIAL_VIEW, type Size, type ViewState } from '../core/view';
import type { Window } from '../core/window';
import { fromCieLab, type Rgb } from './overlays';

export type Point = [number, number];

/** Points are [column, row] from the top left corner of the first pixel, or shares of the displayed area. */
export interface Graphic {
  shape: 'POINT' | 'POLYLINE' | 'INTERPOLATED' | 'CIRCLE' | 'ELLIPSE';
  points: Point[];
  filled: boolean;
  /** True where the points are shares of the displayed area (0 to 1). */
  ofDisplay: boolean;
  color: Rgb;
}

export interface TextMark {
  lines: string[];
  /** Top left of the words. */
  at: Point;
  ofDisplay: boolean;
  /** What the words are about, where a line leads there. */
  anchor: Point | null;
  anchorOfDisplay: boolean;
  color: Rgb;
}

/** What is left open; everything else is covered. */
export type Shutter =
  | { kind: 'box'; from: Point; to: Point } | { kind: 'circle'; center: Point; radius: number } | { kind: 'polygon'; points: Point[] };

export interface Shutters {
  open: Shutter[];
  /** Grey of the cover, 0 to 255. */
  level: number;
}

/** Where an image is meant. */
export interface Reference {
  series: string;
  instance: string;
  frames: number[];
}

export interface Presentation {
  uid: string;
  label: string;
  images: Reference[];
  window(instance: string, frame: number): Window | null;
  /** True where the lowest value is to be the brightest, null where it does not say. */
  inverse: boolean | null;
  graphics(instance: string, frame: number): { graphics: Graphic[]; texts: TextMark[] };
  shutters: Shutters | null;
  /** Displayed area of an image: top left and bottom right pixel, from 1. */
  area(instance: string): [Point, Point] | null;
  rotation: number;
  flip: boolean;
}

const YELLOW: Rgb = [255, 216, 77];

function pairs(flat: readonly number[]): Point[] {
  return Array.from({ length: flat.length >> 1 }, (_, index): Point => [flat[2 * index] ?? 0, flat[2 * index + 1] ?? 0]);
}

function referencesIn(sequence: DicomJson[], series: string): Reference[] {
  return sequence.map((one) => ({ series, instance: text(one, '00081155'), frames: numbers(one, '00081160') }));
}

function holdsFor(references: Reference[], instance: string, frame: number): boolean {
  return references.length === 0
    || references.some((one) => one.instance === instance && (!one.frames.length || one.frames.includes(frame)));
}

/** What a display shutter leaves open (C.7.6.11), of an image or a presentation; null where there is none. */
export function shuttersOf(set: DicomJson): Shutters | null {
  const open = (set['00181600']?.Value ?? []).flatMap((kind): Shutter[] => {
    const edge = (tag: string) => numbers(set, tag)[0] ?? 0;
    if (kind === 'RECTANGULAR') return [{ kind: 'box', from: [edge('00181602') - 1, edge('00181606') - 1], to: [edge('00181604'), edge('00181608')] }];
    if (kind === 'CIRCULAR') {
      const [row = 0, column = 0] = numbers(set, '00181610');
      return [{ kind: 'circle', center: [column - 0.5, row - 0.5], radius: edge('00181612') }];
    }
    if (kind === 'POLYGONAL') return [{ kind: 'polygon', points: pairs(numbers(set, '00181620')).map(([row, column]) => [column - 0.5, row - 0.5]) }];
    return [];
  });
  return open.length ? { open, level: Math.round(((numbers(set, '00181622')[0] ?? 0) / 65535) * 255) } : null;
}

function graphicOf(item: DicomJson, color: Rgb): Graphic[] {
  const shape = text(item, '00700023') as Graphic['shape'];
  const known = ['POINT', 'POLYLINE', 'INTERPOLATED', 'CIRCLE', 'ELLIPSE'].includes(shape);
  const points = pairs(numbers(item, '00700022'));
  return known && points.length ? [{ shape, points, filled: text(item, '00700024') === 'Y', ofDisplay: text(item, '00700005') === 'DISPLAY', color }] : [];
}

function textOf(item: DicomJson, color: Rgb): TextMark[] {
  const lines = text(item, '00700006').split(/\r\n|\r|\n/);
  const [corner, anchor] = [pairs(numbers(item, '00700010'))[0], pairs(numbers(item, '00700014'))[0]];
  const at = corner ?? anchor;
  if (!at || !lines.join('')) return [];
  const [ofBox, ofAnchor] = [text(item, '00700003') === 'DISPLAY', text(item, '00700004') === 'DISPLAY'];
  const pointed = corner && anchor && text(item, '00700015') === 'Y';
  return [{ lines, at, ofDisplay: corner ? ofBox : ofAnchor, anchor: pointed ? anchor : null, anchorOfDisplay: ofAnchor, color }];
}

/** Read a presentation state from its data set. */
export function presentationOf(set: DicomJson): Presentation {
  const images = items(set, '00081115').flatMap((one) => referencesIn(items(one, '00081140'), text(one, '0020000E')));
  const colors = new Map(items(set, '00700060').map((layer) => [text(layer, '00700002'), fromCieLab(numbers(layer, '00700401'))]));
  const annotations = items(set, '00700001').map((one) => {
    const color = colors.get(text(one, '00700002')) ?? YELLOW;
    return {
      references: referencesIn(items(one, '00081140'), ''),
      graphics: items(one, '00700009').flatMap((item) => graphicOf(item, color)),
      texts: items(one, '00700008').flatMap((item) => textOf(item, color)),
    };
  });
  const voi = items(set, '00283110').map((one) => ({ references: referencesIn(items(one, '00081140'), ''), window: softcopyWindow(one) }));
  const areas = items(set, '0070005A').map((one) => ({
    references: referencesIn(items(one, '00081140'), ''), corners: [pairs(numbers(one, '00700052'))[0], pairs(numbers(one, '00700053'))[0]],
  }));
  const shape = text(set, '20500020');
  return {
    uid: text(set, '00080018'),
    label: text(set, '00700081') || text(set, '00700080'),
    images,
    window: (instance, frame) => voi.find(({ references }) => holdsFor(references, instance, frame))?.window ?? null,
    inverse: shape ? shape === 'INVERSE' : null,
    graphics: (instance, frame) => {
      const here = annotations.filter(({ references }) => holdsFor(references, instance, frame));
      return { graphics: here.flatMap(({ graphics }) => graphics), texts: here.flatMap(({ texts }) => texts) };
    },
    shutters: shuttersOf(set),
    area: (instance) => {
      const [from, to] = areas.find(({ references }) => holdsFor(references, instance, 1))?.corners ?? [];
      return from && to ? [from, to] : null;
    },
    rotation: ((numbers(set, '00700042')[0] ?? 0) + 360) % 360,
    flip: text(set, '00700041') === 'Y',
  };
}

/** A window, or the values that a Softcopy VOI LUT tells apart. */
function softcopyWindow(item: DicomJson): Window | null {
  const [center, width] = [numbers(item, '00281050')[0], numbers(item, '00281051')[0]];
  if (center !== undefined && width) return { center, width };
  const [count, first] = numbers(items(item, '00283010')[0] ?? {}, '00283002');
  return count && first !== undefined ? { center: first + count / 2, width: count } : null;
}

export function isOf(presentation: Presentation, instance: string, frame: number): boolean {
  return presentation.images.some((one) => one.instance === instance && (!one.frames.length || one.frames.includes(frame)));
}

/** The view that shows an image of this size as the presentation says: turned, mirrored, its area filling the pane. */
export function presentedView(presentation: Presentation, instance: string, image: Size, box: Size, invert: boolean): ViewState {
  const turned = { ...INITIAL_VIEW, rotation: presentation.rotation, invert };
  const view = presentation.flip ? flippedHorizontally(turned) : turned;
  const area = presentation.area(instance);
  if (!area) return view;
  const [[left, top], [right, bottom]] = area;
  const [width, height] = [Math.abs(right - left) + 1, Math.abs(bottom - top) + 1];
  if (width >= image.width && height >= image.height) return view;
  const fit = Math.min(box.width / image.width, box.height / image.height);
  const across = presentation.rotation % 180 !== 0;
  const zoom = Math.min(box.width / (across ? height : width), box.height / (across ? width : height)) / fit;
  const [u, v] = [((left + right - 1) / 2 - image.width / 2) * fit * zoom, ((top + bottom - 1) / 2 - image.height / 2) * fit * zoom];
  const angle = (view.rotation * Math.PI) / 180;
  const [x, y] = [view.flipH ? -u : u, view.flipV ? -v : v];
  return { ...view, zoom, panX: -(Math.cos(angle) * x - Math.sin(angle) * y), panY: -(Math.sin(angle) * x + Math.cos(angle) * y) };
}
