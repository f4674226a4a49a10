import { expect, it } from 'vitest';
import { measurementLines } from './measurement-text';

it('writes lengths and angles with one decimal in the page’s language', () => {
  expect(measurementLines({ length: 48.64, unit: 'mm' }, 'es-DO')).toEqual(['48.6 mm']);
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

it('writes the value at a point', () => {
  expect(measurementLines({ value: -1024, modalityUnit: 'HU' }, 'en')).toEqual(['-1,024 HU']);
  expect(measurementLines({ value: 0.25, modalityUnit: 'raw' }, 'it')).toEqual(['0,3']);
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
