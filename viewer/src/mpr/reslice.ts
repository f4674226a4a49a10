/** Planes through a volume: axial, coronal, sagittal, as thick as somebody wants. Pure arithmetic on typed arrays. */
import { along, dot, type Vec3 } from '../core/geometry';
import type { VolumePlan } from './plan';

export type PlaneName = 'axial' | 'coronal' | 'sagittal';
export const PLANE_NAMES: readonly PlaneName[] = ['axial', 'coronal', 'sagittal'];

/** What a slab shows of the values along its thickness. */
export type SlabMode = 'max' | 'min' | 'mean';

export interface Slab {
  /** 0 is a single slice. */
  millimetres: number;
  mode: SlabMode;
}

export type Values = Int16Array | Float32Array;

export interface Volume extends VolumePlan {
  values: Values;
}

/** Stands for "no pixel here" among the values of a volume: in a slab it counts for nothing. */
export function noPixel(values: Values): number {
  return values instanceof Int16Array ? -32768 : -1e7;
}

/** One axis of the volume, walked forwards or, with -1, backwards. */
interface Walk {
  axis: 0 | 1 | 2;
  sign: 1 | -1;
}

/** Directions of each plane in the patient (+x left, +y back, +z head): across, down, and from its first image to its last. */
const DIRECTIONS: Record<PlaneName, readonly [Vec3, Vec3, Vec3]> = {
  axial: [[1, 0, 0], [0, 1, 0], [0, 0, -1]],
  coronal: [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
  sagittal: [[0, 1, 0], [0, 0, -1], [1, 0, 0]],
};

/** The images of one plane: how many, how large, where. */
export interface Cuts {
  name: PlaneName;
  across: Walk;
  down: Walk;
  depth: Walk;
  columns: number;
  rows: number;
  count: number;
  /** Distance of two columns, of two rows, of two images. */
  spacing: Vec3;
  row: Vec3;
  column: Vec3;
}

/** Which axis of the volume runs along a direction of the patient; each axis is used once. */
function walks(volume: VolumePlan, directions: readonly [Vec3, Vec3, Vec3]): [Walk, Walk, Walk] {
  const free = new Set<0 | 1 | 2>([0, 1, 2]);
  const order = [0, 1, 2].sort((a, b) => strongest(volume, directions[b] as Vec3) - strongest(volume, directions[a] as Vec3));
  const found: Walk[] = [];
  for (const which of order) {
    const direction = directions[which] as Vec3;
    const axis = [...free].reduce((best, one) => (Math.abs(dot(volume.axes[one], direction)) > Math.abs(dot(volume.axes[best], direction)) ? one : best));
    free.delete(axis);
    found[which] = { axis, sign: dot(volume.axes[axis], direction) < 0 ? -1 : 1 };
  }
  return found as [Walk, Walk, Walk];
}

function strongest(volume: VolumePlan, direction: Vec3): number {
  return Math.max(...volume.axes.map((axis) => Math.abs(dot(axis, direction))));
}

/** How a plane's images lie in the volume. */
export function cutsOf(volume: VolumePlan, name: PlaneName): Cuts {
  const [across, down, depth] = walks(volume, DIRECTIONS[name]);
  const direction = ({ axis, sign }: Walk): Vec3 => along([0, 0, 0], volume.axes[axis], sign);
  return {
    name, across, down, depth, columns: volume.size[across.axis], rows: volume.size[down.axis], count: volume.size[depth.axis],
    spacing: [volume.spacing[across.axis], volume.spacing[down.axis], volume.spacing[depth.axis]],
    row: direction(across), column: direction(down),
  };
}

/** Where the first pixel of image `index` lies in the patient. */
export function originOf(volume: VolumePlan, cuts: Cuts, index: number): Vec3 {
  const at = (walk: Walk, step: number) => (walk.sign > 0 ? step : volume.size[walk.axis] - 1 - step);
  return [[cuts.across, 0], [cuts.down, 0], [cuts.depth, index]].reduce<Vec3>((point, [walk, step]) => {
    const { axis } = walk as Walk;
    return along(point, volume.axes[axis], at(walk as Walk, step as number) * volume.spacing[axis]);
  }, volume.origin);
}

/** How many slices to each side of the middle one a slab takes. */
export function halfSlices(cuts: Cuts, slab: Slab): number {
  return Math.floor(slab.millimetres / cuts.spacing[2] / 2);
}

/** The values of image `index` of a plane, row by row. At the ends of the volume a slab is as thick as there is room. */
export function reslice(volume: Volume, cuts: Cuts, index: number, slab: Slab): Values {
  const { columns, rows, count } = cuts;
  const strides = [1, volume.size[0], volume.size[0] * volume.size[1]] as const;
  const start = ({ axis, sign }: Walk) => (sign > 0 ? 0 : (volume.size[axis] - 1) * strides[axis]);
  const step = ({ axis, sign }: Walk) => strides[axis] * sign;
  const [dx, dy, dz] = [step(cuts.across), step(cuts.down), step(cuts.depth)];
  const first = start(cuts.across) + start(cuts.down) + start(cuts.depth);
  const half = halfSlices(cuts, slab);
  const [from, to] = [Math.max(0, index - half), Math.min(count - 1, index + half)];
  // the mean of whole numbers is none
  const whole = volume.values.constructor === Int16Array && (slab.mode !== 'mean' || from === to);
  const image = whole ? new Int16Array(columns * rows) : new Float32Array(columns * rows);
  const combine = COMBINE[slab.mode];
  const none = noPixel(volume.values);
  for (let row = 0, out = 0; row < rows; row += 1) {
    let at = first + row * dy + from * dz;
    for (let column = 0; column < columns; column += 1, out += 1, at += dx) {
      image[out] = from === to ? (volume.values[at] as number) : combine(volume.values, at, dz, to - from + 1, none);
    }
  }
  return image;
}

/** Of `count` values from `at` on those that are pixels, combined; `none` where there is none of them. */
type Combine = (values: Values, at: number, step: number, count: number, none: number) => number;

const COMBINE: Record<SlabMode, Combine> = {
  max(values, at, step, count, none) {
    let most = none; // no pixel is less than that
    for (let n = 0; n < count; n += 1) most = Math.max(most, values[at + n * step] as number);
    return most;
  },
  min(values, at, step, count, none) {
    let least = Infinity;
    for (let n = 0; n < count; n += 1) {
      const value = values[at + n * step] as number;
      if (value !== none && value < least) least = value;
    }
    return least === Infinity ? none : least;
  },
  mean(values, at, step, count, none) {
    let [sum, found] = [0, 0];
    for (let n = 0; n < count; n += 1) {
      const value = values[at + n * step] as number;
      if (value === none) continue;
      sum += value;
      found += 1;
    }
    return found ? sum / found : none;
  },
};
