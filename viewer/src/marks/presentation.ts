/** Softcopy presentation states (PS3.3 A.33.1): what somebody drew on images and how they wanted them seen. */
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import type { Greys } from '../core/greys';
import { flippedHorizontally, INITIAL_VIEW, type Size, type ViewState } from '../core/view';
import type { Window } from '../core/window';
import type { MessageKey } from '../i18n';
import { gapsOf } from './gaps';
import { drawingOf, pairs, type Drawing, type Point } from './graphics';
import { fromCieLab, grey, GROUPS, overlaysOf, type OverlayPlane, type Rgb } from './overlays';

/** What is left open; everything else is covered. */
export type Shutter =
  | { kind: 'box'; from: Point; to: Point } | { kind: 'circle'; center: Point; radius: number } | { kind: 'polygon'; points: Point[] };

export interface Shutters {
  open: Shutter[];
  /** Of the cover. */
  color: Rgb;
}

/** Where an image is meant. */
export interface Reference {
  series: string;
  instance: string;
  frames: number[];
}

/**
 * Which part of an image fills the pane: top left and bottom right pixel, from 1; `column`: CSS pixels across a pixel, where a
 * magnification or the true size is asked for.
 */
export interface Area {
  from: Point;
  to: Point;
  column: number | null;
  trueSize: boolean;
}

export interface Presentation {
  uid: string;
  label: string;
  images: Reference[];
  /** In the unit of the image: a state may rescale stored values otherwise than the file. */
  window(instance: string, frame: number, image: Rescale): Window | null;
  /** True where the lowest value is to be the brightest, null where it does not say. */
  inverse: boolean | null;
  graphics(instance: string, frame: number): Drawing;
  shutters: Shutters | null;
  /** Planes of its own that lie over its images; one of them may be a shutter of any shape. */
  planes: (OverlayPlane & { color: Rgb })[];
  /** Overlay groups that are to be seen, in the colour of their layer. */
  activated: ReadonlyMap<number, Rgb>;
  /** What of it is not done over this image. */
  gaps(instance: string, frame: number, image: DicomJson): MessageKey[];
  area(instance: string, frame: number): Area | null;
  rotation: number;
  flip: boolean;
}

type Rescale = Pick<Greys, 'slope' | 'intercept'>;

const YELLOW: Rgb = [255, 216, 77];
/** A CSS pixel is that long where a browser and its screen are at 100 %. */
const CSS_MM = 25.4 / 96;

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
  return open.length ? { open, color: coverColor(set) } : null;
}

function coverColor(set: DicomJson): Rgb {
  return fromCieLab(numbers(set, '00181624')) ?? grey(numbers(set, '00181622')[0] ?? 0);
}

/** Colour and place in the order of each graphic layer (C.10.7); without a colour of its own, the one in which all marks are drawn. */
function layersOf(set: DicomJson): Map<string, { color: Rgb; order: number }> {
  return new Map(items(set, '00700060').map((layer) => {
    const [level] = numbers(layer, '00700066');
    const color = fromCieLab(numbers(layer, '00700401')) ?? (level === undefined ? YELLOW : grey(level));
    return [text(layer, '00700002'), { color, order: numbers(layer, '00700062')[0] ?? 0 }];
  }));
}

/** Read a presentation state from its data set. */
export function presentationOf(set: DicomJson): Presentation {
  const images = items(set, '00081115').flatMap((one) => referencesIn(items(one, '00081140'), text(one, '0020000E')));
  const layers = layersOf(set);
  const annotations = items(set, '00700001').map((one) => {
    const { color, order } = layers.get(text(one, '00700002')) ?? { color: YELLOW, order: 0 };
    return { references: referencesIn(items(one, '00081140'), ''), order, ...drawingOf(one, color) };
  }).sort((one, other) => one.order - other.order);
  const activated = activatedIn(set, layers);
  const planes = planesOf(set, activated);
  const voi = items(set, '00283110').map((one) => ({ references: referencesIn(items(one, '00081140'), ''), item: one }));
  const voiOf = (instance: string, frame: number) => voi.find(({ references }) => holdsFor(references, instance, frame))?.item ?? {};
  const areas = items(set, '0070005A').map((one) => ({
    references: referencesIn(items(one, '00081140'), ''), area: areaOf(one),
  }));
  const shape = text(set, '20500020');
  return {
    uid: text(set, '00080018'),
    label: text(set, '00700081') || text(set, '00700080'),
    images,
    window: (instance, frame, image) => {
      const own: Rescale = { slope: numbers(set, '00281053')[0] || 1, intercept: numbers(set, '00281052')[0] ?? 0 };
      const window = softcopyWindow(voiOf(instance, frame));
      return window && rescaled(window, own, image);
    },
    inverse: shape ? shape === 'INVERSE' : null,
    graphics: (instance, frame) => {
      const here = annotations.filter(({ references }) => holdsFor(references, instance, frame));
      return { graphics: here.flatMap(({ graphics }) => graphics), texts: here.flatMap(({ texts }) => texts) };
    },
    shutters: shuttersOf(set),
    planes,
    activated,
    gaps: (instance, frame, image) => gapsOf(set, image, frame, voiOf(instance, frame), new Set([...activated.keys(), ...planes.map(({ group }) => group)])),
    area: (instance, frame) => areas.find(({ references }) => holdsFor(references, instance, frame))?.area ?? null,
    rotation: ((numbers(set, '00700042')[0] ?? 0) + 360) % 360,
    flip: text(set, '00700041') === 'Y',
  };
}

function areaOf(item: DicomJson): Area | null {
  const [from, to] = [pairs(numbers(item, '00700052'))[0], pairs(numbers(item, '00700053'))[0]];
  const mode = text(item, '00700100');
  // magnified are pixels of the screen, and of them there may be several in one of the page's
  const wanted = mode === 'MAGNIFY' ? (numbers(item, '00700103')[0] ?? 0) / (globalThis.devicePixelRatio || 1)
    : mode === 'TRUE SIZE' ? (numbers(item, '00700101')[1] ?? 0) / CSS_MM : 0;
  return from && to ? { from, to, column: wanted > 0 ? wanted : null, trueSize: wanted > 0 && mode === 'TRUE SIZE' } : null;
}

/** Overlay groups, of the state or of its images, that lie in a layer; without one they are not to be seen (C.11.7). */
function activatedIn(set: DicomJson, layers: ReadonlyMap<string, { color: Rgb }>): Map<number, Rgb> {
  return new Map(GROUPS.flatMap((group): [number, Rgb][] => {
    const layer = text(set, `${group}1001`);
    return layer ? [[parseInt(group, 16), layers.get(layer)?.color ?? YELLOW]] : [];
  }));
}

/** Overlay planes of the presentation; the one that Shutter Overlay Group names covers in the shutter's colour (C.7.6.15). */
function planesOf(set: DicomJson, activated: ReadonlyMap<number, Rgb>): Presentation['planes'] {
  const shutter = (set['00181600']?.Value ?? []).includes('BITMAP') ? numbers(set, '00181623')[0] : undefined;
  return overlaysOf(set, 1).filter(({ data }) => data).flatMap((plane) => {
    const color = plane.group === shutter ? coverColor(set) : activated.get(plane.group);
    return color ? [{ ...plane, color }] : [];
  });
}

/** A window over values that one rescaling makes of stored ones, over those that another makes. */
function rescaled({ center, width }: Window, from: Rescale, to: Rescale): Window {
  const ratio = to.slope / from.slope;
  return { center: (center - from.intercept) * ratio + to.intercept, width: width * Math.abs(ratio) };
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
  if (whole && !area.column) return view;
  const fit = Math.min(box.width / image.width, box.height / (image.height * aspect));
  const across = presentation.rotation % 180 !== 0;
  const zoom = (area.column ?? Math.min(box.width / (across ? height : width), box.height / (across ? width : height))) / fit;
  const [u, v] = [((left + right - 1) / 2 - image.width / 2) * fit * zoom, ((top + bottom - 1) / 2 - image.height / 2) * fit * zoom * aspect];
  const angle = (view.rotation * Math.PI) / 180;
  const [x, y] = [view.flipH ? -u : u, view.flipV ? -v : v];
  return { ...view, zoom, panX: -(Math.cos(angle) * x - Math.sin(angle) * y), panY: -(Math.sin(angle) * x + Math.cos(angle) * y) };
}
