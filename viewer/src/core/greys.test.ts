import { expect, it } from 'vitest';
import type { DicomJson } from '../dicomweb/client';
import { greysOf, levelOf, modalityValue, suggestedWindow, transferPoints } from './greys';

const set = (more: DicomJson): DicomJson => ({ '00280004': { Value: ['MONOCHROME2'] }, '00280101': { Value: [16] }, ...more });
const lut = (first: number, bits: number, entries: number[], vr = 'US'): NonNullable<DicomJson[string]> => ({
  vr: 'SQ', Value: [{ '00283002': { vr, Value: [entries.length, first, bits] }, '00283006': { vr: 'US', Value: entries } }],
});

it('takes a table for values, its ends for what lies outside, and a window before the VOI LUT only when chosen', () => {
  const greys = greysOf(set({ '00283000': lut(10, 16, [5, 50, 500]), '00283010': lut(0, 8, Array.from({ length: 501 }, (_, n) => Math.min(255, n))) }), 1);
  expect([9, 10, 11, 99].map((stored) => modalityValue(greys, stored))).toEqual([5, 5, 50, 500]);
  expect(levelOf(greys, null, 50)).toBeCloseTo(50 / 255);
  expect(levelOf(greys, { center: 50.5, width: 101 }, 50)).toBeCloseTo(0.5);
});

it('reads the first value of a table as signed where its VR, the pixels or the rescale are', () => {
  expect(greysOf(set({ '00283010': lut(64_512, 8, [0, 1], 'SS') }), 1).voiLut?.first).toBe(-1024);
  expect(greysOf(set({ '00283010': lut(64_512, 8, [0, 1]), '00281052': { Value: [-1024] } }), 1).voiLut?.first).toBe(-1024);
  expect(greysOf(set({ '00283010': lut(64_512, 8, [0, 1]) }), 1).voiLut?.first).toBe(64_512);
});

it('knows the three functions', () => {
  const sigmoid = greysOf(set({ '00281056': { Value: ['SIGMOID'] }, '00281050': { Value: [40] }, '00281051': { Value: [400] } }), 1);
  expect(levelOf(sigmoid, null, 140)).toBeCloseTo(1 / (1 + Math.exp(-1)));
  const exact = { ...sigmoid, voiFunction: 'LINEAR_EXACT' as const };
  expect([-160, 40, 240].map((value) => levelOf(exact, null, value))).toEqual([0, 0.5, 1]);
  expect(transferPoints(exact, null, true)).toEqual([[-160, 1], [240, 0]]);
});

it('reads the functional groups of a frame', () => {
  const item = (window: number): DicomJson => ({ '00289132': { Value: [{ '00281050': { Value: [window] }, '00281051': { Value: [9] } }] } });
  const frames = set({ '52009230': { Value: [item(1), item(2)] }, '52009229': { Value: [{ '00289145': { Value: [{ '00281052': { Value: [-7] }, '00281053': { Value: [2] } }] } }] } });
  expect(greysOf(frames, 2)).toMatchObject({ window: { center: 2, width: 9 }, slope: 2, intercept: -7 });
});

it('names the unit that the file says, and HU only of a CT that rescales', () => {
  const type = (modality: string, more: DicomJson) => greysOf(set({ '00080060': { Value: [modality] }, ...more }), 1).type;
  const rescaled = { '00281052': { Value: [-1024] } };
  expect([type('CT', rescaled), type('CT', {}), type('MR', rescaled)]).toEqual(['HU', 'US', 'US']);
  expect(type('CT', { ...rescaled, '00281054': { Value: ['Z_EFF'] } })).toBe('Z_EFF');
  expect(type('CT', { '52009229': { Value: [{ '00289145': { Value: [{ ...rescaled, '00281054': { Value: ['HU'] } }] } }] } })).toBe('HU');
  expect(type('PT', { ...rescaled, '00281054': { Value: ['US'] }, '00541001': { Value: ['BQML'] } })).toBe('BQML');
});

it('suggests what nearly all values fill, without the padding', () => {
  const values = Float32Array.from({ length: 1001 }, (_, n) => (n ? n : -2000));
  const window = suggestedWindow(greysOf(set({}), 1), values, 1001, (value) => value === -2000);
  expect(window.center).toBeCloseTo(501);
  expect(window.width).toBeCloseTo(990.01, 1);
});
