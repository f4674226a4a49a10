/** Where images lie in the patient: planes, distances, and where one image cuts another. Millimetres, PS3.3 C.7.6.2. */
import type { ImageAttributes } from '../dicomweb/attributes';

export type Vec3 = readonly [number, number, number];
/** An image point: column and row, pixel centres at whole numbers. */
export type Point2 = readonly [number, number];

/** The plane of one image with its rectangle of pixels. */
export interface Plane {
  /** Centre of the first pixel. */
  origin: Vec3;
  /** Unit vectors along a row (columns grow) and along a column (rows grow), and their cross product. */
  row: Vec3;
  column: Vec3;
  normal: Vec3;
  /** Distance of two columns, and of two rows. */
  spacing: Point2;
  columns: number;
  rows: number;
  frameOfReference: string;
}

/** Planes turned by less than this count as parallel: a tilted head series still scrolls with a straight one. */
const PARALLEL = Math.cos((20 * Math.PI) / 180);

export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const along = (a: Vec3, direction: Vec3, by: number): Vec3 => [
  a[0] + direction[0] * by, a[1] + direction[1] * by, a[2] + direction[2] * by,
];
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
];

/** The plane of an image, null where its file does not say where it lies. */
export function planeOf(attributes: ImageAttributes | null, rows: number, columns: number): Plane | null {
  if (!attributes) return null;
  const { orientation, position, spacing, frameOfReference } = attributes;
  if (orientation.length !== 6 || position.length !== 3 || spacing.length !== 2 || !rows || !columns) return null;
  const row = orientation.slice(0, 3) as unknown as Vec3;
  const column = orientation.slice(3) as unknown as Vec3;
  const normal = cross(row, column);
  if (Math.abs(dot(normal, normal) - 1) > 0.01) return null;
  return {
    origin: position as unknown as Vec3, row, column, normal, rows, columns, frameOfReference,
    spacing: [spacing[1] as number, spacing[0] as number], // PixelSpacing says the distance of rows first
  };
}

/** The world point at an image point. */
export function toWorld(plane: Plane, [u, v]: Point2): Vec3 {
  return along(along(plane.origin, plane.row, u * plane.spacing[0]), plane.column, v * plane.spacing[1]);
}

/** The image point under a world point, seen along the normal. */
export function toImage(plane: Plane, point: Vec3): Point2 {
  const from = minus(point, plane.origin);
  return [dot(from, plane.row) / plane.spacing[0], dot(from, plane.column) / plane.spacing[1]];
}

/** Millimetres from the plane to the point, along the normal. */
export function distance(plane: Plane, point: Vec3): number {
  return dot(minus(point, plane.origin), plane.normal);
}

export function centre(plane: Plane): Vec3 {
  return toWorld(plane, [(plane.columns - 1) / 2, (plane.rows - 1) / 2]);
}

export function sameSpace(one: Plane, other: Plane): boolean {
  return one.frameOfReference !== '' && one.frameOfReference === other.frameOfReference;
}

export function parallel(one: Plane, other: Plane): boolean {
  return Math.abs(dot(one.normal, other.normal)) >= PARALLEL;
}

/** The index of the image that lies nearest to a point, null where none says where it lies. */
export function nearest(planes: readonly (Plane | null)[], point: Vec3): number | null {
  let [found, least] = [null as number | null, Infinity];
  planes.forEach((plane, index) => {
    const far = plane ? Math.abs(distance(plane, point)) : Infinity;
    if (far < least) [found, least] = [index, far];
  });
  return found;
}

function corners(plane: Plane): Vec3[] {
  const [right, bottom] = [plane.columns - 0.5, plane.rows - 0.5];
  return ([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]] as Point2[]).map((one) => toWorld(plane, one));
}

/**
 * Where the rectangle of `other` cuts the image `shown`, as two image points of `shown`; null where it does not, where
 * they are parallel, or where they do not share a frame of reference.
 */
export function cut(shown: Plane, other: Plane): [Point2, Point2] | null {
  if (!sameSpace(shown, other) || parallel(shown, other)) return null;
  const points = corners(other);
  const crossings: Vec3[] = [];
  points.forEach((start, index) => {
    const end = points[(index + 1) % 4] as Vec3;
    const [a, b] = [distance(shown, start), distance(shown, end)];
    if (a > 0 !== b > 0) crossings.push(along(start, minus(end, start), a / (a - b)));
  });
  const [one, two] = crossings;
  return one && two ? clipped(toImage(shown, one), toImage(shown, two), [-0.5, -0.5, shown.columns - 0.5, shown.rows - 0.5]) : null;
}

/** A line held inside a box [left, top, right, bottom] (Liang and Barsky), null where it lies outside. */
export function clipped(start: Point2, end: Point2, [left, top, right, bottom]: readonly [number, number, number, number]): [Point2, Point2] | null {
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  let [from, to] = [0, 1];
  for (const [slope, room] of [
    [-dx, start[0] - left], [dx, right - start[0]], [-dy, start[1] - top], [dy, bottom - start[1]],
  ] as const) {
    if (slope === 0 && room < 0) return null;
    if (slope < 0) from = Math.max(from, room / slope);
    if (slope > 0) to = Math.min(to, room / slope);
  }
  if (from >= to) return null;
  const at = (share: number): Point2 => [start[0] + dx * share, start[1] + dy * share];
  return [at(from), at(to)];
}
