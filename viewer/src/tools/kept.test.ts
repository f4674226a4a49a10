import { afterEach, expect, it, vi } from 'vitest';
import { Kept, statsOf, valuesOf, type KeptItem } from './kept';
import { translator } from '../i18n';
import { measurementLines, type MeasurementStats } from './measurement-text';

const there: MeasurementStats[] = [
  { length: 48.64, unit: 'mm' },
  { mean: 112.4, stdDev: 13.2, min: 80, max: 140, modalityUnit: 'HU', area: 1420, areaUnit: 'mm²' },
  { index: [1, 2, 0], value: -1024, modalityUnit: 'HU' },
  { index: [1, 2, 0], value: [1, 2, 3], modalityUnit: 'raw' },
];

it('says the same of a measurement before its image is there', () => {
  const t = translator('es');
  for (const stats of there) expect(measurementLines(statsOf(valuesOf(stats)), t)).toEqual(measurementLines(stats, t));
});

it('keeps no value of a point that has none', () => {
  expect(valuesOf({ index: [1, 2, 0], value: null, modalityUnit: 'HU' })).toEqual([]);
});

/** A portal that keeps one list. */
function portal(): { list: KeptItem[] } {
  const kept: { list: KeptItem[] } = { list: [] };
  vi.stubGlobal('window', { addEventListener: () => undefined, setTimeout: () => 1, clearTimeout: () => undefined });
  vi.stubGlobal('document', { cookie: '' });
  vi.stubGlobal('fetch', (_url: string, { method, body }: RequestInit) => {
    if (method === 'POST') kept.list = JSON.parse(body as string) as KeptItem[];
    return Promise.resolve(new Response(JSON.stringify(kept.list), { headers: { 'content-type': 'application/json' } }));
  });
  return kept;
}

afterEach(() => vi.unstubAllGlobals());

function at(x: number): KeptItem {
  return { tool: 'length', series: '1', instance: '1.1', frame: 1, points: [[x, 0, 0]], image: [], values: [] };
}

async function keep(kept: Kept, ...items: KeptItem[]): Promise<void> {
  kept.later(() => items);
  await kept.flush();
}

it('keeps on what another window kept, and lets go of what was removed here or there', async () => {
  const server = portal();
  const fail = vi.fn();
  const [one, other] = [new Kept('/m', fail), new Kept('/m', fail)];
  await Promise.all([one.read(), other.read()]);
  await keep(one, at(1));
  await keep(other, at(2));
  await keep(one, at(3));
  expect(server.list.map(({ points }) => points[0]?.[0]).sort()).toEqual([2, 3]);
  await keep(other);
  await keep(one, at(3), at(4));
  expect(server.list).toEqual([at(3), at(4)]);
  expect(fail).not.toHaveBeenCalled();
});

it('sends nothing before it has read', async () => {
  const server = portal();
  server.list = [at(1)];
  await keep(new Kept('/m', vi.fn()));
  expect(server.list).toEqual([at(1)]);
});
