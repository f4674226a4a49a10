import { describe, expect, it } from 'vitest';
import type { DicomJson } from '../dicomweb/client';
import { between, BrokenWaveform, groupOf, isStandard, layOut } from './waveform';

const channel = (label: string, more: DicomJson = {}): DicomJson => ({
  '003A0208': { Value: [{ '00080104': { Value: [`Lead ${label} (Einthoven)`] } }] },
  '003A0210': { Value: [2.5] }, '003A0211': { Value: [{ '00080100': { Value: ['uV'] } }] }, '003A0212': { Value: [1] }, ...more,
});
const group = (channels: DicomJson[], more: DicomJson = {}): DicomJson => ({
  '003A0200': { Value: channels }, '003A0005': { Value: [channels.length] }, '003A0010': { Value: [3] }, '003A001A': { Value: [500] },
  '54001006': { Value: ['SS'] }, ...more,
});
const bytes = (...values: number[]) => new Uint8Array(Int16Array.from(values).buffer);

describe('a multiplex group', () => {
  it('gives millivolts by sensitivity, unit and baseline, sample by sample', () => {
    const read = groupOf(group([channel('I'), channel('avr', { '003A0213': { Value: [100] } })]), bytes(400, 0, 800, 40, -400, -40));
    expect(read.leads.map(({ label }) => label)).toEqual(['I', 'aVR']);
    const round = (values: Float32Array | undefined) => [...(values ?? [])].map((value) => Math.round(value * 1000) / 1000);
    expect(round(read.leads[0]?.values)).toEqual([1, 2, -1]);
    expect(round(read.leads[1]?.values)).toEqual([0.1, 0.2, 0]);
    expect(read.seconds).toBeCloseTo(0.006);
  });

  it('that ends early gives what is there; one that makes no sense is refused', () => {
    expect(groupOf(group([channel('I')]), bytes(1, 2)).seconds).toBeCloseTo(0.004);
    for (const broken of [group([]), group([channel('I')], { '54001006': { Value: ['ZZ'] } }), group([channel('I')], { '003A001A': { Value: [0] } })]) {
      expect(() => groupOf(broken, bytes(1, 2, 3))).toThrow(BrokenWaveform);
    }
    expect(() => groupOf(group([channel('I')]), new Uint8Array(1))).toThrow(BrokenWaveform);
  });
});

it('lays a second on 25 mm and a millivolt on 10', () => {
  const samples = Array.from({ length: 500 }, (_, at) => (at >= 400 ? 400 : 0));
  const read = groupOf(group([channel('I')], { '003A0010': { Value: [500] } }), bytes(...samples));
  const { traces: [trace] } = layOut(read, { mmPerSecond: 25, mmPerMillivolt: 10 }, false);
  const [start, end] = [trace?.points[0], trace?.points[499]];
  expect((end?.[0] ?? 0) - (start?.[0] ?? 0)).toBeCloseTo((499 / 500) * 25);
  expect((start?.[1] ?? 0) - (end?.[1] ?? 0)).toBeCloseTo(10);
  expect(isStandard(read)).toBe(false);
  expect(between([0, 10], [5, 0], { mmPerSecond: 25, mmPerMillivolt: 10 })).toEqual({ ms: 200, mv: 1 });
});
