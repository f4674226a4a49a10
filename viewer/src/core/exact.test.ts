import { expect, it } from 'vitest';
import { levels, mayBeExact } from './exact';
import type { ImageRef } from './stack';

const image = (changed: Partial<ImageRef>): ImageRef => ({
  studyUid: '1', made: false, seriesUid: '1.2', instanceUid: '1.3', frame: 1, frames: 1, rows: 512, columns: 512, transferSyntax: '1.2.840.10008.1.2.1', ...changed,
});

it('applies the linear window of PS3.3 C.11.2.1.2.1', () => {
  const values = new Float32Array([-1000, -150, 49.5, 249, 3000]);
  expect([...levels(values, { center: 50, width: 400 }, false)]).toEqual([0, 0, 128, 255, 255]);
  expect([...levels(values, { center: 50, width: 400 }, true)]).toEqual([255, 255, 128, 0, 0]);
  expect([...levels(new Float32Array([9, 10, 11]), { center: 10, width: 1 }, false)]).toEqual([0, 255, 255]);
});

it('leaves what needs a decoder or is large to the engine', () => {
  expect(mayBeExact(image({}))).toBe(true);
  expect(mayBeExact(image({ transferSyntax: '1.2.840.10008.1.2.4.90' }))).toBe(false);
  expect(mayBeExact(image({ transferSyntax: '1.2.840.10008.1.2.2' }))).toBe(false);
  expect(mayBeExact(image({ rows: 3000, columns: 2500 }))).toBe(false);
  expect(mayBeExact(image({ rows: 0 }))).toBe(false);
});
