import { expect, it } from 'vitest';
import { levels, mayBeExact } from './exact';
import { greysOf } from './greys';
import type { ImageRef } from './stack';

const image = (changed: Partial<ImageRef>): ImageRef => ({
  studyUid: '1', made: false, seriesUid: '1.2', instanceUid: '1.3', frame: 1, frames: 1, rows: 512, columns: 512, transferSyntax: '1.2.840.10008.1.2.1', ...changed,
});

it('draws stored values by slope, window, polarity and padding', () => {
  const greys = greysOf({
    '00280004': { Value: ['MONOCHROME2'] }, '00280103': { Value: [1] }, '00281052': { Value: [-1000] }, '00281053': { Value: [1] },
  }, 1);
  const stored = Int32Array.from([0, 850, 1049, 1249, 4000]);
  const window = { center: 50, width: 400 };
  expect([...levels(stored, greys, window)]).toEqual([0, 0, 127, 255, 255]);
  expect([...levels(stored, { ...greys, inverse: true }, window)]).toEqual([255, 255, 128, 0, 0]);
  expect([...levels(stored, { ...greys, inverse: true, padding: [0, 0] }, window)]).toEqual([0, 255, 128, 0, 0]);
  expect([...levels(Int32Array.from([1009, 1010, 1011]), greys, { center: 10, width: 1 })]).toEqual([0, 255, 255]);
});

it('leaves what needs a decoder or is large to the engine', () => {
  expect(mayBeExact(image({}))).toBe(true);
  expect(mayBeExact(image({ transferSyntax: '1.2.840.10008.1.2.4.90' }))).toBe(false);
  expect(mayBeExact(image({ transferSyntax: '1.2.840.10008.1.2.2' }))).toBe(false);
  expect(mayBeExact(image({ rows: 3000, columns: 2500 }))).toBe(false);
  expect(mayBeExact(image({ rows: 0 }))).toBe(false);
});
