/** Planes that are turned in a volume. Pure arithmetic on typed arrays. */
import { along, cross, dot, minus, type Vec3 } from '../core/geometry';
import type { VolumePlan } from './plan';
import { noPixel, type Slab, type Values, type Volume } from './reslice';

/** How a plane's images lie: unit vectors across, down, and from one image to the next. */
export type Frame = readonly [Vec3, Vec3, Vec3];

/** A side of an image may have so many pixels. */
const MOST = 1024;

/** The images of a turned plane: enough of them, large enough, that the whole volume is in them. */
export interface Slanted {
  frame: Frame;
  columns: number;
  rows: number;
  count: number;
  /** Distance of two columns, two rows, two images: the finest of the volume. */
  step: number;
  /** Centre of the first pixel of the first image. */
  first: Vec3;
  /** The image that goes through the point about which the plane was turned. */
  middle: number;
}

/** A frame turned about an axis (a unit vector) by an angle in radians, counterclockwise seen against the axis (Rodrigues). */
export function turned(frame: Frame, axis: Vec3, angle: number): Frame {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turn = (one: Vec3): Vec3 => {
    const scaled = along([0, 0, 0], one, cos);
    return along(along(scaled, cross(axis, one), sin), axis, dot(axis, one) * (1 - cos));
  };
  return frame.map(turn) as unknown as Frame;
}

/** The point that three planes, at right angles to one another, have in common. */
export function meeting(planes: readonly { normal: Vec3; origin: Vec3 }[]): Vec3 {
  return planes.reduce<Vec3>((point, { normal, origin }) => along(point, normal, dot(origin, normal)), [0, 0, 0]);
}

/** A plane of `volume` in the directions of `frame`; a pixel and an image lie exactly on `through`. */
export function slanted(volume: VolumePlan, frame: Frame, through: Vec3): Slanted {
  const lengths = volume.size.map((count, axis) => (count - 1) * (volume.spacing[axis] as number));
  const step = Math.max(Math.min(...volume.spacing), Math.hypot(...lengths) / MOST);
  const corner = (n: number): Vec3 => volume.axes.reduce<Vec3>(
    (point, axis, at) => ((n >> at) & 1 ? along(point, axis, lengths[at] as number) : point), volume.origin);
  const corners = Array.from({ length: 8 }, (_, n) => minus(corner(n), through));
  const ends = frame.map((direction) => {
    const far = corners.map((one) => dot(one, direction) / step);
    return [Math.ceil(Math.min(...far) - 1e-6), Math.floor(Math.max(...far) + 1e-6)] as const;
  });
  const [columns, rows, count] = ends.map(([from, to]) => Math.max(1, to - from + 1)) as [number, number, number];
  const first = frame.reduce<Vec3>((point, direction, at) => along(point, direction, (ends[at]?.[0] ?? 0) * step), through);
  return { frame, columns, rows, count, step, first, middle: -(ends[2]?.[0] ?? 0) };
}

export function slantedOrigin({ first, frame, step }: Slanted, index: number): Vec3 {
  return along(first, frame[2], index * step);
}

export function slantedHalf({ step }: Slanted, slab: Slab): number {
  return Math.floor(slab.millimetres / step / 2);
}

/**
 * The values of image `index`, row by row; outside the volume there is no pixel. A single slice is interpolated between
 * the eight values around each point, a slab takes the nearest ones. With `every` above 1 a slab leaves layers out: a draft.
 */
export function resliceSlanted(volume: Volume, plane: Slanted, index: number, slab: Slab, every = 1): Values {
  const { columns, rows } = plane;
  const half = slantedHalf(plane, slab);
  const whole = volume.values.constructor === Int16Array;
  const image = whole && (slab.mode !== 'mean' || !half) ? new Int16Array(columns * rows) : new Float32Array(columns * rows);
  const none = noPixel(volume.values);
  // in steps of the volume's grid: where the first pixel lies, and how far it is to the next column, row, layer
  const grid = (vector: Vec3) => volume.axes.map((axis, at) => dot(vector, axis) / (volume.spacing[at] as number)) as [number, number, number];
  const start = grid(minus(slantedOrigin(plane, index), volume.origin));
  const [across, down, deep] = plane.frame.map((direction) => grid(along([0, 0, 0], direction, plane.step))) as unknown as readonly [Vec3, Vec3, Vec3];
  const sample = half ? nearestIn(volume, none) : betweenIn(volume, none);
  const [dx, dy, dz] = deep;
  for (let row = 0, out = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, out += 1) {
      const x = start[0] + column * across[0] + row * down[0];
      const y = start[1] + column * across[1] + row * down[1];
      const z = start[2] + column * across[2] + row * down[2];
      if (!half) {
        const value = sample(x, y, z);
        image[out] = whole ? Math.round(value) : value;
        continue;
      }
      let most = none;
      let least = Infinity;
      let sum = 0;
      let found = 0;
      for (let n = -half; n <= half; n += every) {
        const value = sample(x + n * dx, y + n * dy, z + n * dz);
        if (value === none) continue;
        if (value > most) most = value;
        if (value < least) least = value;
        sum += value;
        found += 1;
      }
      image[out] = !found ? none : slab.mode === 'max' ? most : slab.mode === 'min' ? least : sum / found;
    }
  }
  return image;
}

type Sample = (x: number, y: number, z: number) => number;

function nearestIn({ values, size }: Volume, none: number): Sample {
  const [columns, rows, slices] = size;
  return (x, y, z) => {
    const i = Math.round(x);
    const j = Math.round(y);
    const k = Math.round(z);
    return i < 0 || j < 0 || k < 0 || i >= columns || j >= rows || k >= slices ? none : (values[i + columns * (j + rows * k)] as number);
  };
}

/** Between eight values; where the nearest is no pixel there is none, and the others that are none have no weight. */
function betweenIn(volume: Volume, none: number): Sample {
  const nearest = nearestIn(volume, none);
  return (x, y, z) => {
    const here = nearest(x, y, z);
    if (here === none) return none;
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    let sum = 0;
    let weight = 0;
    for (let corner = 0; corner < 8; corner += 1) {
      const l = i + (corner & 1);
      const m = j + ((corner >> 1) & 1);
      const n = k + (corner >> 2);
      const share = (1 - Math.abs(x - l)) * (1 - Math.abs(y - m)) * (1 - Math.abs(z - n));
      const value = share > 1e-6 ? nearest(l, m, n) : none;
      if (value === none) continue;
      sum += share * value;
      weight += share;
    }
    return weight ? sum / weight : here;
  };
}
