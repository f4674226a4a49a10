import { describe, expect, it } from 'vitest';
import { along, dot, type Plane, type Vec3 } from '../core/geometry';
import { meeting, resliceSlanted, slanted, slantedOrigin, turned, type Frame } from './oblique';
import { planVolume, type VolumePlan } from './plan';
import { noPixel, reslice, cutsOf, type Volume } from './reslice';

const SIZE: Vec3 = [20, 16, 12];
const CORONAL: Frame = [[1, 0, 0], [0, 0, -1], [0, 1, 0]];
const MIDDLE: Vec3 = [9, 8, 12];

/** A field that is linear in the patient: interpolation between its samples is exact. */
const field = ([x, y, z]: Vec3) => 3 * x - 5 * y + 2 * z;

function volume(value: (place: Vec3) => number = field): Volume {
  const slices = Array.from({ length: SIZE[2] }, (_, z): Plane => ({
    origin: [0, 0, 2 * z], row: [1, 0, 0], column: [0, 1, 0], normal: [0, 0, 1], spacing: [1, 1], columns: SIZE[0], rows: SIZE[1], frameOfReference: '1',
  }));
  const plan = planVolume(slices) as VolumePlan;
  const values = new Float32Array(SIZE[0] * SIZE[1] * SIZE[2]);
  for (let at = 0; at < values.length; at += 1) {
    values[at] = value([at % SIZE[0], Math.floor(at / SIZE[0]) % SIZE[1], 2 * Math.floor(at / SIZE[0] / SIZE[1])]);
  }
  return { ...plan, values };
}

const of = volume();
const none = noPixel(of.values);
const thin = { millimetres: 0, mode: 'max' } as const;
const inside = ([x, y, z]: Vec3, by = 0) => x >= by && y >= by && z >= by && x <= 19 - by && y <= 15 - by && z <= 22 - by;

describe('a frame', () => {
  it('turns about an axis, counterclockwise seen against it, and stays at right angles', () => {
    const [across, down, depth] = turned(CORONAL, [0, 0, 1], Math.PI / 2);
    expect(across.map(Math.round)).toEqual([0, 1, 0]);
    expect(depth.map(Math.round)).toEqual([-1, 0, 0]);
    const odd = turned(turned(CORONAL, [0, 0, 1], 0.4), down, -0.7);
    expect(dot(odd[0], odd[1])).toBeCloseTo(0);
    expect(dot(odd[0], odd[0])).toBeCloseTo(1);
  });

  it('of three planes meets in one point', () => {
    const [a, b, c] = turned(CORONAL, [0.6, 0, 0.8], 1.1);
    const place: Vec3 = [3, -4, 5];
    const found = meeting([a, b, c].map((normal, at) => ({ normal, origin: along(place, [a, b, c][(at + 1) % 3] as Vec3, 7) })));
    found.forEach((one, at) => expect(one).toBeCloseTo(place[at] as number));
  });
});

describe.each([0, 30, -75])('a plane turned by %i degrees', (degrees) => {
  const frame = turned(turned(CORONAL, [0, 0, 1], (degrees * Math.PI) / 180), [1, 0, 0], 0.2);
  const plane = slanted(of, frame, MIDDLE);

  it('has an image and a pixel in the point about which it was turned', () => {
    const off = MIDDLE.map((one, at) => one - (slantedOrigin(plane, plane.middle)[at] as number)) as unknown as Vec3;
    expect(dot(off, frame[2])).toBeCloseTo(0);
    expect((dot(off, frame[0]) / plane.step) % 1).toBeCloseTo(0);
  });

  it('holds the values of the places where it lies', () => {
    const values = resliceSlanted(of, plane, plane.middle, thin);
    let seen = 0;
    for (let row = 0; row < plane.rows; row += 1) {
      for (let column = 0; column < plane.columns; column += 1) {
        const place = along(along(slantedOrigin(plane, plane.middle), frame[0], column * plane.step), frame[1], row * plane.step);
        const value = values[row * plane.columns + column] as number;
        if (inside(place, 0.01)) {
          expect(value).toBeCloseTo(field(place), 2);
          seen += 1;
        } else if (!inside(place, -1)) expect(value).toBe(none);
      }
    }
    expect(seen).toBeGreaterThan(150);
  });
});

describe('padding', () => {
  const holed = volume((place) => (place[1] === 8 ? none : 100 + place[1]));
  it('counts for nothing in a slab, straight or turned', () => {
    const cuts = cutsOf(holed, 'coronal');
    const slab = (mode: 'max' | 'min' | 'mean') => reslice(holed, cuts, 8, { millimetres: 2, mode })[0];
    expect([slab('max'), slab('min'), slab('mean')]).toEqual([109, 107, 108]);
    const plane = slanted(holed, CORONAL, MIDDLE);
    const at = Math.floor(plane.rows / 2) * plane.columns + 10;
    const turnedSlab = (mode: 'max' | 'min' | 'mean') => resliceSlanted(holed, plane, plane.middle, { millimetres: 2, mode })[at];
    expect([turnedSlab('max'), turnedSlab('min'), turnedSlab('mean')]).toEqual([109, 107, 108]);
  });

  it('is all there is where there is nothing else', () => {
    expect(reslice(holed, cutsOf(holed, 'coronal'), 8, thin)[0]).toBe(none);
    const empty = volume(() => none);
    for (const mode of ['max', 'min', 'mean'] as const) expect(reslice(empty, cutsOf(empty, 'axial'), 5, { millimetres: 8, mode })[0]).toBe(none);
  });

  it('does not bleed into its neighbours', () => {
    const plane = slanted(holed, CORONAL, [9, 8.6, 12]);
    expect(resliceSlanted(holed, plane, plane.middle, thin)[Math.floor(plane.rows / 2) * plane.columns + 10]).toBe(109);
  });
});
