import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { levelOf, paint, windowed } from './levels';
import { stackOf } from './study';
import { OWN, said, spoken, wordsOf } from './texts';
import { bytesOf, inflated, restore, type FrameHeader } from './unpack';

const HEADER: FrameHeader = {
  rows: 2, columns: 3, samples: 1, type: 'i2', lossy: false, fps: null, aspect: 1, orientation: [],
  slope: 1, intercept: -1024, modality: null, voi: null, window: [40, 400, 'LINEAR'], inverse: false, padding: null,
};

/** As the server packs: differences to the left (first column: upwards), sign lowest, low bytes before high ones. */
function packed(values: number[], columns: number): Uint8Array {
  const steps = values.map((value, at) => {
    const before = at % columns ? values[at - 1] : values[at - columns];
    const step = ((value - (before ?? 0)) << 16) >> 16;
    return ((step << 1) ^ (step >> 15)) & 0xffff;
  });
  return Uint8Array.from([...steps.map((step) => step & 0xff), ...steps.map((step) => step >> 8)]);
}

describe('unpacking', () => {
  it('takes one byte of each character of a script', () => {
    expect([...bytesOf('A\uf780\uf7ff\0')]).toEqual([0x41, 0x80, 0xff, 0]);
  });

  it('restores values to the last bit, those at the ends of the range too', async () => {
    const values = [-32768, 32767, 0, 32767, -32768, 1];
    const bytes = await inflated(new Uint8Array(deflateRawSync(packed(values, 3))));
    expect([...restore(bytes, HEADER)]).toEqual(values);
    expect([...restore(packed([65535, 0, 7, 1, 2, 65535], 3), { ...HEADER, type: 'u2' })]).toEqual([65535, 0, 7, 1, 2, 65535]);
  });

  it('restores bytes in three colours, and wide values without differences', () => {
    const colour = restore(Uint8Array.from([2, 4, 6, 8, 10, 1]), { ...HEADER, rows: 1, columns: 2, samples: 3, type: 'u1' });
    expect([...colour]).toEqual([1, 3, 3, 7, 5, 4]);
    const wide = Float32Array.from([1.5, -2]);
    const raw = new Uint8Array(wide.buffer);
    const planes = Uint8Array.from({ length: 8 }, (_, at) => raw[(at % 2) * 4 + (at >> 1)] as number);
    expect([...restore(planes, { ...HEADER, rows: 1, columns: 2, type: 'f4' })]).toEqual([1.5, -2]);
  });

  it('refuses a frame of another size', () => {
    expect(() => restore(new Uint8Array(11), HEADER)).toThrow();
  });
});

describe('levels', () => {
  it('are those of the standard at the edges of a window', () => {
    const window = { center: 40, width: 400 };
    expect([-160, -159, 39.5, 238, 239].map((value) => windowed(value, window, 'LINEAR'))).toEqual([0, 0, 127, 254, 255]);
    expect(windowed(40, window, 'LINEAR_EXACT')).toBe(127);
    expect(windowed(40, window, 'SIGMOID')).toBe(127);
    expect(windowed(NaN, window, 'LINEAR')).toBe(0);
  });

  it('go through slope, tables, inversion and padding', () => {
    expect(levelOf(HEADER, null)(1064)).toBe(127);
    expect(levelOf({ ...HEADER, inverse: true }, null)(1064)).toBe(128);
    expect(levelOf({ ...HEADER, inverse: true, padding: [-2000, -1900] }, null)(-1950)).toBe(0);
    const voi = { first: 0, bits: 8, entries: [10, 20, 30] };
    const tabled = levelOf({ ...HEADER, intercept: 0, window: null, voi }, null);
    expect([-5, 1, 99].map(tabled)).toEqual([10, 20, 30]);
    expect(levelOf({ ...HEADER, intercept: 0, voi }, { center: 0.5, width: 2 })(1)).toBe(255); // a chosen window goes before
    const modality = { first: 0, bits: 16, entries: [40, 240] };
    expect(levelOf({ ...HEADER, modality }, null)(1)).toBe(255);
  });

  it('are painted for signed values, and colour without a window stays as it is', () => {
    const grey = new Uint8ClampedArray(6 * 4);
    paint({ header: { ...HEADER, intercept: 0 }, values: Int16Array.from([-2000, -160, 40, 240, 2000, 39]) }, null, grey);
    expect([...grey.filter((_, at) => at % 4 === 0)]).toEqual([0, 0, 127, 255, 255, 127]);
    const colour = new Uint8ClampedArray(4);
    const header: FrameHeader = { ...HEADER, rows: 1, columns: 1, samples: 3, type: 'u1', window: null, slope: 1, intercept: 0 };
    paint({ header, values: Uint8Array.from([1, 128, 254]) }, null, colour);
    expect([...colour]).toEqual([1, 128, 254, 255]);
    paint({ header, values: Uint8Array.from([1, 128, 254]) }, { center: 127.5, width: 127 }, colour);
    expect([...colour]).toEqual([0, 128, 255, 255]);
  });
});

it('unrolls objects of several frames, and leaves out what has neither values nor picture', () => {
  const stack = stackOf({ id: 'SER00001', title: '', modality: 'US', objects: [['IM000001', 1, 1, 1, []], ['IM000002', 2, 4, [2], [1, 4]]] });
  expect(stack).toEqual([
    { key: 'SER00001/IM000001', exact: true, picture: null },
    { key: 'SER00001/IM000002/F00001', exact: false, picture: 'IHE_PDI/SER00001/IM000002/F00001.JPG' },
    { key: 'SER00001/IM000002/F00002', exact: true, picture: null },
    { key: 'SER00001/IM000002/F00004', exact: false, picture: 'IHE_PDI/SER00001/IM000002/F00004.JPG' },
  ]);
});

describe('words', () => {
  it('take the first language that the browser wants and we speak', () => {
    expect(spoken(['de-DE', 'pt-BR', 'en'], 'es')).toBe('pt');
    expect(spoken(['de'], 'it')).toBe('it');
  });

  it('say a date with its month as a word', () => {
    const days = (['en', 'es', 'it', 'pt'] as const).map((language) => said('2025-09-01T09:05', language));
    expect(days).toEqual(['1 Sep 2025, 9:05', '1 sep 2025, 9:05', '1 set 2025, 9:05', '1 set 2025, 9:05']);
  });

  it('have the same placeholders in all four', () => {
    for (const [key, text] of Object.entries(OWN.en)) {
      for (const own of Object.values(OWN)) {
        const said = own[key as keyof typeof own];
        expect(said.trim()).not.toBe('');
        expect(said.match(/\{\w+\}/g)).toEqual(text.match(/\{\w+\}/g));
      }
    }
    expect(wordsOf('it').say('signedBy', { name: 'A' })).toBe('Firmato da A');
    expect(wordsOf('it').say('report')).toBe('Referto');
  });
});
