/** Whether a stack of images makes a volume, and which. Pure: no engine, no browser. */
import type { SeriesInfo } from '../app/context';
import { along, cross, distance, dot, minus, type Plane, type Vec3 } from '../core/geometry';

/** Why there is no volume: the end of a message's key. */
export type Refusal = 'Kind' | 'Few' | 'Place' | 'Uneven' | 'Memory' | 'Webgl';

/** A box of evenly spaced values in the patient. */
export interface VolumePlan {
  /** Index in the stack of each slice, in the direction of the third axis. */
  order: number[];
  /** Columns, rows, slices, and their distances in millimetres. */
  size: Vec3;
  spacing: Vec3;
  /** Centre of the first value; unit vectors of the three axes. */
  origin: Vec3;
  axes: readonly [Vec3, Vec3, Vec3];
  frameOfReference: string;
}

const FEWEST = 8;
/** Distances of slices may differ by this share of the usual one; a slice may lie beside the axis by as much. */
const TOLERANCE = 0.05;

/** Memory for a volume in bytes: a phone's browser ends a page that takes more than this, a desk has room. */
export function memoryBound(isPhone: boolean, deviceMemory: number): number {
  return (isPhone ? 96 : Math.min(640, 96 * deviceMemory)) * 1024 * 1024;
}

/** Bytes that the values of a stack take as volume. */
export function bytesOf(planes: readonly (Plane | null)[], bytesEach: number): number {
  return planes.reduce((sum, plane) => sum + (plane ? plane.rows * plane.columns : 0), 0) * bytesEach;
}

/** What the page's list alone tells: only stacks of CT, MR and PT are worth a closer look. */
export function mayBeVolume(series: SeriesInfo | null): boolean {
  return series?.kind === 'image' && ['CT', 'MR', 'PT'].includes(series.modality);
}

/** The volume of a stack, or why there is none. */
export function planVolume(planes: readonly (Plane | null)[]): VolumePlan | Refusal {
  if (planes.length < FEWEST) return 'Few';
  const first = planes[0];
  if (!first || planes.some((plane) => !plane || !isLike(plane, first))) return 'Place';
  const places = (planes as Plane[]).map((plane, index) => ({ index, plane, at: distance(first, plane.origin) }));
  places.sort((one, other) => one.at - other.at);
  const [low, next] = places as [typeof places[0], typeof places[0]];
  const steps = places.slice(1).map(({ at }, index) => at - (places[index]?.at ?? 0));
  const step = [...steps].sort((a, b) => a - b)[steps.length >> 1] as number;
  const even = step > 0.01 && steps.every((one) => Math.abs(one - step) <= TOLERANCE * step + 0.01);
  const aside = places.some(({ plane }, index) => {
    const off = minus(plane.origin, along(low.plane.origin, first.normal, index * step));
    const lateral = minus(off, along([0, 0, 0], first.normal, dot(off, first.normal)));
    return Math.hypot(...lateral) > TOLERANCE * step * Math.max(1, index) + 0.01;
  });
  if (!even || aside || !next) return 'Uneven';
  return {
    order: places.map(({ index }) => index), origin: low.plane.origin, axes: [first.row, first.column, cross(first.row, first.column)],
    size: [first.columns, first.rows, places.length], spacing: [first.spacing[0], first.spacing[1], step],
    frameOfReference: first.frameOfReference,
  };
}

/** Same size, same spacing, same direction, same space. */
function isLike(one: Plane, other: Plane): boolean {
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-3;
  return one.rows === other.rows && one.columns === other.columns && one.frameOfReference === other.frameOfReference
    && near(one.spacing[0], other.spacing[0]) && near(one.spacing[1], other.spacing[1])
    && near(dot(one.row, other.row), 1) && near(dot(one.column, other.column), 1);
}
