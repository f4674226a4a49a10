/** Which image of one stack belongs to which of another, while they scroll together. */
import { along, centre, minus, nearest, parallel, sameSpace, type Plane } from './geometry';

/** A stack in a pane: where its images lie, and which one was on screen when the panes were linked. */
export interface Linked {
  planes: readonly (Plane | null)[];
  anchor: number;
}

/**
 * The image of `other` that belongs to image `index` of `lead`: in one frame of reference the one at the same place; else
 * as many millimetres from where it was linked, or as many images where a file does not say where it lies. Null where the
 * two look in different directions.
 */
export function followed(lead: Linked, index: number, other: Linked): number | null {
  const [now, start, its] = [lead.planes[index], lead.planes[lead.anchor], other.planes[other.anchor]];
  if (!now || !start || !its) return clamped(other.anchor + index - lead.anchor, other.planes.length);
  if (!parallel(now, its)) return null;
  if (sameSpace(now, its)) return nearest(other.planes, centre(now));
  return nearest(other.planes, along(centre(its), minus(centre(now), centre(start)), 1));
}

/** The image of a stack that lies as deep in it as `index` does in another one. */
export function sameShare(index: number, length: number, other: number): number {
  return clamped(length > 1 ? (index / (length - 1)) * (other - 1) : 0, other);
}

function clamped(index: number, length: number): number {
  return Math.max(0, Math.min(length - 1, Math.round(index)));
}
