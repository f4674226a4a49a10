/** Softcopy presentation states (PS3.3 A.33.1): what somebody drew on images and how they wanted them seen. */
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import { flippedHorizontally, INITIAL_VIEW, type Size, type ViewState } from '../core/view';
import type { Window } from '../core/window';
import { drawingOf, pairs, type Drawing, type Point } from './graphics';
import { fromCieLab, overlaysOf, type OverlayPlane, type Rgb } from './overlays';

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

/** Which part of an image fills the pane: top left and bottom right pixel, from 1; `magnified`: screen pixels a pixel, where that is asked for. */
export interface Area {
  from: Point;
  to: Point;
  magnified: number | null;
}

export interface Presentation {
  uid: string;
  label: string;
  images: Reference[];
  window(instance: string, frame: number): Window | null;
  /** True where the lowest value is to be the brightest, null where it does not say. */
  inverse: boolean | null;
  graphics(instance: string, frame: number): Drawing;
  shutters: Shutters | null;
  /** Planes of its own that lie over its images; one of them may be a shutter of any shape, in this grey. */
  planes: (OverlayPlane & { color: Rgb | null })[];
  area(instance: string, frame: number): Area | null;
  rotation: number;
  flip: boolean;
}

const YELLOW: Rgb = [255, 216, 77];

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

/** Read a presentation state from its data set. */
export function presentationOf(set: DicomJson): Presentation {
  const images = items(set, '00081115').flatMap((one) => referencesIn(items(one, '00081140'), text(one, '0020000E')));
  const colors = new Map(items(set, '00700060').map((layer) => [text(layer, '00700002'), fromCieLab(numbers(layer, '00700401'))]));
  const annotations = items(set, '00700001').map((one) => {
    const color = colors.get(text(one, '00700002')) ?? YELLOW;
    return {
      references: referencesIn(items(one, '00081140'), ''), ...drawingOf(one, color),
    };
  });
  const voi = items(set, '00283110').map((one) => ({ references: referencesIn(items(one, '00081140'), ''), window: softcopyWindow(one) }));
  const areas = items(set, '0070005A').map((one) => ({
    references: referencesIn(items(one, '00081140'), ''), area: areaOf(one),
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
    planes: planesOf(set),
    area: (instance, frame) => areas.find(({ references }) => holdsFor(references, instance, frame))?.area ?? null,
    rotation: ((numbers(set, '00700042')[0] ?? 0) + 360) % 360,
    flip: text(set, '00700041') === 'Y',
  };
}

function areaOf(item: DicomJson): Area | null {
  const [from, to] = [pairs(numbers(item, '00700052'))[0], pairs(numbers(item, '00700053'))[0]];
  const ratio = text(item, '00700100') === 'MAGNIFY' ? numbers(item, '00700103')[0] : undefined;
  return from && to ? { from, to, magnified: ratio && ratio > 0 ? ratio : null } : null;
}

/** Overlay planes of the presentation; the one that Shutter Overlay Group names covers in the shutter's grey (C.7.6.15). */
function planesOf(set: DicomJson): Presentation['planes'] {
  const shutter = (set['00181600']?.Value ?? []).includes('BITMAP') ? numbers(set, '00181623')[0] : undefined;
  const level = Math.round(((numbers(set, '00181622')[0] ?? 0) / 65535) * 255);
  return overlaysOf(set, 1).filter(({ data }) => data).map((plane) => ({ ...plane, color: plane.group === shutter ? [level, level, level] : null }));
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

/**
 * The view that shows an image of this size as the presentation says: turned, mirrored, its area filling the pane.
 * @param aspect height of a pixel by its width
 */
export function presentedView(
  presentation: Pick<Presentation, 'rotation' | 'flip'>, area: Area | null, image: Size, box: Size, aspect: number, invert: boolean,
): ViewState {
  const turned = { ...INITIAL_VIEW, rotation: presentation.rotation, invert };
  const view = presentation.flip ? flippedHorizontally(turned) : turned;
  if (!area) return view;
  const [[left, top], [right, bottom]] = [area.from, area.to];
  const [width, height] = [Math.abs(right - left) + 1, (Math.abs(bottom - top) + 1) * aspect];
  const whole = width >= image.width && height >= image.height * aspect;
  if (whole && !area.magnified) return view;
  const fit = Math.min(box.width / image.width, box.height / (image.height * aspect));
  const across = presentation.rotation % 180 !== 0;
  const zoom = (area.magnified ?? Math.min(box.width / (across ? height : width), box.height / (across ? width : height))) / fit;
  const [u, v] = [((left + right - 1) / 2 - image.width / 2) * fit * zoom, ((top + bottom - 1) / 2 - image.height / 2) * fit * zoom * aspect];
  const angle = (view.rotation * Math.PI) / 180;
  const [x, y] = [view.flipH ? -u : u, view.flipV ? -v : v];
  return { ...view, zoom, panX: -(Math.cos(angle) * x - Math.sin(angle) * y), panY: -(Math.sin(angle) * x + Math.cos(angle) * y) };
}
