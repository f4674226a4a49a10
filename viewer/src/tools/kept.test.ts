import { expect, it } from 'vitest';
import { statsOf, valuesOf } from './kept';
import { measurementLines, type MeasurementStats } from './measurement-text';

const there: MeasurementStats[] = [
  { length: 48.64, unit: 'mm' },
  { mean: 112.4, stdDev: 13.2, modalityUnit: 'HU', area: 1420, areaUnit: 'mm²' },
  { index: [1, 2, 0], value: -1024, modalityUnit: 'HU' },
  { index: [1, 2, 0], value: [1, 2, 3], modalityUnit: 'raw' },
];

it('says the same of a measurement before its image is there', () => {
  for (const stats of there) expect(measurementLines(statsOf(valuesOf(stats)), 'es')).toEqual(measurementLines(stats, 'es'));
});

it('keeps no value of a point that has none', () => {
  expect(valuesOf({ index: [1, 2, 0], value: null, modalityUnit: 'HU' })).toEqual([]);
});
