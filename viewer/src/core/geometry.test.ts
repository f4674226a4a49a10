import { describe, expect, it } from 'vitest';
import { centre, cut, distance, nearest, parallel, planeOf, toImage, toWorld, type Plane, type Vec3 } from './geometry';
import { followed, sameShare } from './following';

const plane = (change: Partial<Plane> & { row: Vec3; column: Vec3; normal: Vec3; origin: Vec3 }): Plane => ({
  spacing: [1, 1], columns: 101, rows: 101, frameOfReference: '1.2', ...change,
});
const axial = (z: number, change: Partial<Plane> = {}) =>
  plane({ origin: [-50, -50, z], row: [1, 0, 0], column: [0, 1, 0], normal: [0, 0, 1], ...change });
const coronal = (y: number, change: Partial<Plane> = {}) =>
  plane({ origin: [-50, y, 50], row: [1, 0, 0], column: [0, 0, -1], normal: [0, 1, 0], ...change });
const stack = (from: number, step: number, count: number, change: Partial<Plane> = {}) =>
  Array.from({ length: count }, (_, index) => axial(from + step * index, change));

describe('planes', () => {
  it('come from a file that says where it lies', () => {
    const attributes = { orientation: [1, 0, 0, 0, 1, 0], position: [-10, -20, 5], spacing: [2, 0.5], frameOfReference: '1' };
    const found = planeOf(attributes as never, 40, 60) as Plane;
    expect(found.spacing).toEqual([0.5, 2]);
    expect(toWorld(found, [4, 3])).toEqual([-8, -14, 5]);
    expect(toImage(found, [-8, -14, 99])).toEqual([4, 3]);
    expect(distance(found, [0, 0, 7.5])).toBe(2.5);
    expect(centre(found)).toEqual([4.75, 19, 5]);
  });
  it('are none where orientation, position or spacing is missing or absurd', () => {
    const good = { orientation: [1, 0, 0, 0, 1, 0], position: [0, 0, 0], spacing: [1, 1], frameOfReference: '' };
    for (const bad of [{ orientation: [] }, { position: [1] }, { spacing: [] }, { orientation: [0, 0, 0, 0, 0, 0] }]) {
      expect(planeOf({ ...good, ...bad } as never, 4, 4)).toBeNull();
    }
    expect(planeOf(null, 4, 4)).toBeNull();
  });
  it('tilted by ten degrees are parallel, by forty not', () => {
    const tilted = (degrees: number) => {
      const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      return axial(0, { column: [0, c, s], normal: [0, -s, c] });
    };
    expect(parallel(axial(0), tilted(10))).toBe(true);
    expect(parallel(axial(0), tilted(40))).toBe(false);
  });
});

describe('where one image cuts another', () => {
  it('is a line at its place', () => {
    // the axial image at z = 20 crosses a coronal one, whose first row is at z = 50, in its row 30
    const found = cut(coronal(0), axial(20)) as [[number, number], [number, number]];
    expect(found.map(([, v]) => v)).toEqual([30, 30]);
    expect(found.map(([u]) => Math.round(u)).sort((a, b) => a - b)).toEqual([-0, 101]);
  });
  it('ends where the other image ends', () => {
    const small = axial(20, { origin: [-10, -50, 20], columns: 21 });
    const ends = (cut(coronal(0), small) as [[number, number], [number, number]]).map(([u]) => u).sort((a, b) => a - b);
    expect(ends).toEqual([39.5, 60.5]);
  });
  it('is nothing beside it, parallel to it, or in another space', () => {
    expect(cut(coronal(0), axial(200))).toBeNull();
    expect(cut(coronal(80), axial(20))).toBeNull();
    expect(cut(axial(0), axial(20))).toBeNull();
    expect(cut(coronal(0), axial(20, { frameOfReference: '9' }))).toBeNull();
    expect(cut(coronal(0, { frameOfReference: '' }), axial(20, { frameOfReference: '' }))).toBeNull();
  });
});

describe('stacks that scroll together', () => {
  it('meet at the same millimetre in one frame of reference, whatever their spacing and order', () => {
    const [thin, thick] = [stack(0, 1, 100), stack(90, -5, 19)];
    expect(followed({ planes: thin, anchor: 3 }, 40, { planes: thick, anchor: 0 })).toBe(10);
    expect(nearest(thick, centre(axial(41)))).toBe(10);
  });
  it('keep their distance in millimetres in two frames of reference', () => {
    const [now, prior] = [stack(0, 1, 100), stack(500, 2, 50, { frameOfReference: '7' })];
    expect(followed({ planes: now, anchor: 10 }, 20, { planes: prior, anchor: 30 })).toBe(35);
    expect(followed({ planes: now, anchor: 10 }, 99, { planes: prior, anchor: 30 })).toBe(49);
  });
  it('count images where nothing says where they lie', () => {
    const unknown = Array.from({ length: 20 }, () => null);
    expect(followed({ planes: unknown, anchor: 2 }, 6, { planes: unknown, anchor: 10 })).toBe(14);
    expect(followed({ planes: unknown, anchor: 2 }, 0, { planes: unknown, anchor: 1 })).toBe(0);
  });
  it('leave a pane alone that looks in another direction', () => {
    expect(followed({ planes: stack(0, 1, 9), anchor: 0 }, 4, { planes: [coronal(0), coronal(1)], anchor: 0 })).toBeNull();
  });
  it('start as deep in one as in the other', () => {
    expect([sameShare(5, 11, 21), sameShare(0, 1, 9), sameShare(10, 11, 1)]).toEqual([10, 0, 0]);
  });
});
