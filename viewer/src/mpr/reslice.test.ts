import { describe, expect, it } from 'vitest';
import type { Plane, Vec3 } from '../core/geometry';
import { bytesOf, memoryBound, planVolume, type VolumePlan } from './plan';
import { cutsOf, originOf, PLANE_NAMES, reslice, type Volume } from './reslice';

const SIZE: Vec3 = [6, 5, 9];
const SPACING: Vec3 = [0.5, 0.8, 2];

/** Axial slices whose values say where they are: x + 10 y + 100 z of the patient's grid, z growing to the head. */
const slice = (z: number, change: Partial<Plane> = {}): Plane => ({
  origin: [-10, -20, 30 + z * SPACING[2]], row: [1, 0, 0], column: [0, 1, 0], normal: [0, 0, 1], spacing: [SPACING[0], SPACING[1]],
  columns: SIZE[0], rows: SIZE[1], frameOfReference: '1', ...change,
});
const slices = Array.from({ length: SIZE[2] }, (_, z) => slice(z));

function volume(planes: Plane[]): Volume {
  const plan = planVolume(planes) as VolumePlan;
  const values = new Int16Array(SIZE[0] * SIZE[1] * SIZE[2]);
  for (let at = 0; at < values.length; at += 1) {
    const [x, y, z] = [at % SIZE[0], Math.floor(at / SIZE[0]) % SIZE[1], Math.floor(at / SIZE[0] / SIZE[1])];
    values[at] = x + 10 * y + 100 * z;
  }
  return { ...plan, values };
}

describe('a stack', () => {
  it('is a volume where its slices are even, in whichever order they came', () => {
    const plan = planVolume([...slices].reverse()) as VolumePlan;
    expect(plan).toMatchObject({ size: SIZE, spacing: SPACING, origin: [-10, -20, 30] });
    expect(plan.order[0]).toBe(8);
  });
  it.each([
    ['Few', slices.slice(0, 7)],
    ['Place', [...slices.slice(0, 8), null]],
    ['Place', [...slices.slice(0, 8), slice(8, { columns: 7 })]],
    ['Place', [...slices.slice(0, 8), slice(8, { row: [0, 1, 0], column: [1, 0, 0], normal: [0, 0, -1] })]],
    ['Place', [...slices.slice(0, 8), slice(8, { frameOfReference: '2' })]],
    ['Uneven', [...slices.slice(0, 8), slice(9)]],
    ['Uneven', [...slices.slice(0, 8), slice(7)]],
    ['Uneven', slices.map((one, z) => ({ ...one, origin: [-10, -20 + z, one.origin[2]] as Vec3 }))],
  ])('is none, and says why: %s', (why, planes) => {
    expect(planVolume(planes)).toBe(why);
  });
  it('takes the memory of its values; a phone has less', () => {
    expect(bytesOf(slices, 2)).toBe(6 * 5 * 9 * 2);
    expect(memoryBound(true, 4)).toBeLessThan(memoryBound(false, 4));
    expect(bytesOf(Array.from({ length: 600 }, () => slice(0, { columns: 512, rows: 512 })), 2)).toBeGreaterThan(memoryBound(true, 8));
  });
});

describe('planes through it', () => {
  const of = volume(slices);
  const one = { millimetres: 0, mode: 'max' } as const;
  it('have the volume’s size and the patient’s directions', () => {
    const [axial, coronal, sagittal] = PLANE_NAMES.map((name) => cutsOf(of, name));
    expect(axial).toMatchObject({ columns: 6, rows: 5, count: 9, spacing: [0.5, 0.8, 2] });
    expect(coronal).toMatchObject({ columns: 6, rows: 9, count: 5, row: [1, 0, 0], column: [0, 0, -1], spacing: [0.5, 2, 0.8] });
    expect(sagittal).toMatchObject({ columns: 5, rows: 9, count: 6, row: [0, 1, 0], spacing: [0.8, 2, 0.5] });
  });
  it('hold the right values at the right place', () => {
    const coronal = cutsOf(of, 'coronal');
    // the first row is the head's end: z = 8; image 3 is y = 3
    const values = reslice(of, coronal, 3, one);
    expect([...values.slice(0, 6)]).toEqual([830, 831, 832, 833, 834, 835]);
    expect(values.at(-1)).toBe(35);
    expect(originOf(of, coronal, 3)).toEqual([-10, -20 + 3 * 0.8, 30 + 8 * 2]);
    const sagittal = cutsOf(of, 'sagittal');
    expect([...reslice(of, sagittal, 2, one).slice(0, 5)]).toEqual([802, 812, 822, 832, 842]);
    // the first axial image is the one nearest to the head
    expect(reslice(of, cutsOf(of, 'axial'), 0, one)[0]).toBe(800);
  });
  it('are the same for slices that were taken in another direction', () => {
    // a stack of sagittal slices: columns run to the back, rows to the feet, slices to the left
    const planes = Array.from({ length: 10 }, (_, x): Plane => ({
      origin: [x, 0, 0], row: [0, 1, 0], column: [0, 0, -1], normal: [-1, 0, 0], spacing: [1, 1], columns: 4, rows: 3, frameOfReference: '',
    }));
    const plan = planVolume(planes) as VolumePlan;
    const axial = cutsOf(plan, 'axial');
    expect(axial).toMatchObject({ columns: 10, rows: 4, count: 3 });
    expect(originOf(plan, axial, 0)).toEqual([0, 0, 0]);
    expect(originOf(plan, axial, 2)).toEqual([0, 0, -2]);
  });
});

describe('a slab', () => {
  const of = volume(slices);
  const coronal = cutsOf(of, 'coronal');
  const at = (mode: 'max' | 'min' | 'mean', index = 2, millimetres = 1.6) => reslice(of, coronal, index, { millimetres, mode })[0];
  it('shows the most, the least or the mean of its slices', () => {
    expect([at('max'), at('min'), at('mean')]).toEqual([830, 810, 820]);
  });
  it('is thinner at the end of the volume', () => {
    expect([at('max', 4), at('min', 4), at('mean', 4)]).toEqual([840, 830, 835]);
  });
  it('as thin as one slice is that slice', () => {
    expect(at('max', 2, 1.5)).toBe(820);
  });
});
