import { expect, it } from 'vitest';
import { translator } from '../i18n';
import { measurementLines as lines, type MeasurementStats } from './measurement-text';

const measurementLines = (stats: MeasurementStats | undefined, language: 'es' | 'en' | 'it') => lines(stats, translator(language));

it('writes lengths and angles with one decimal in the page’s language', () => {
  expect(measurementLines({ length: 48.64, unit: 'mm' }, 'es')).toEqual(['48.6 mm']);
  expect(measurementLines({ length: 48.64, unit: 'mm' }, 'it')).toEqual(['48,6 mm']);
  expect(measurementLines({ length: 12, unit: 'px' }, 'en')).toEqual(['12.0 px']);
  expect(measurementLines({ angle: 37.25 }, 'en')).toEqual(['37.3°']);
});

it('writes mean and deviation in HU above the area', () => {
  expect(measurementLines({ mean: 112.4, stdDev: 13.2, modalityUnit: 'HU', area: 1420, areaUnit: 'mm²' }, 'en'))
    .toEqual(['112 ± 13 HU', '14.2 cm²']);
  expect(measurementLines({ mean: 3.44, stdDev: 0.12, modalityUnit: 'raw', area: 12, areaUnit: 'mm²' }, 'en'))
    .toEqual(['3.4 ± 0.1', '12.0 mm²']);
});

it('writes the extremes, and how much of a region holds no pixels', () => {
  const region = { mean: 40, stdDev: 2, min: 35.6, max: 44, modalityUnit: 'HU', area: 12, areaUnit: 'mm²' };
  const counted = (count: number, empty: number) => ({ ...region, statsArray: [{ name: 'count', value: count }, { name: 'empty', value: empty }] });
  expect(measurementLines(counted(90, 0), 'en')).toEqual(['40 ± 2 HU', 'min 36 · max 44 HU', '12.0 mm²']);
  expect(measurementLines(counted(75, 25), 'es')?.at(-1)).toBe('25 % sin píxeles: no cuenta');
  expect(measurementLines(counted(9999, 1), 'en')?.at(-1)).toBe('1% without pixels: not counted');
  expect(measurementLines({ ...counted(0, 9), mean: NaN, stdDev: NaN, min: Infinity, max: -Infinity }, 'en')).toEqual(['12.0 mm²', 'no pixels here']);
  expect(measurementLines({ value: NaN, modalityUnit: 'HU' }, 'it')).toEqual(['qui non ci sono pixel']);
});

it('writes the value at a point', () => {
  expect(measurementLines({ value: -1024, modalityUnit: 'HU' }, 'en')).toEqual(['-1,024 HU']);
  expect(measurementLines({ value: 0.25, modalityUnit: 'raw' }, 'it')).toEqual(['0,3']);
  expect(measurementLines({ value: 12, modalityUnit: 'BQML' }, 'en')).toEqual(['12 Bq/ml']);
  expect(measurementLines({ value: [1, 2, 3], modalityUnit: 'raw' }, 'en')).toEqual(['1 · 2 · 3']);
});

it('speaks millimetres for ultrasound, and pixels without a scale', () => {
  expect(measurementLines({ length: 2.34, unit: 'cm US Region' }, 'en')).toEqual(['23.4 mm']);
  expect(measurementLines({ area: 1.5, areaUnit: 'cm² US Region' }, 'en')).toEqual(['1.5 cm²']);
  expect(measurementLines({ length: 40, unit: 'px' }, 'en')).toEqual(['40.0 px']);
});

it('says nothing before there is something to say', () => {
  expect(measurementLines(undefined, 'en')).toBeUndefined();
  expect(measurementLines({ angle: 'Incomplete Angle' }, 'en')).toBeUndefined();
});
