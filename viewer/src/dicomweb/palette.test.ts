import { afterEach, expect, it, vi } from 'vitest';
import type { DicomJson } from './client';
import { bodyOf, expanded, tableValues, withTables } from './palette';

const palette = (table: object): DicomJson => ({
  '00280004': { Value: ['PALETTE COLOR'] }, '00281101': { Value: [2, 0, 16] }, '00281102': { Value: [2, 0, 16] },
  '00281103': { Value: [2, 0, 16] }, '00281201': table, '00281202': table, '00281203': table,
});

afterEach(() => vi.unstubAllGlobals());

it('reads inline tables as little-endian values', async () => {
  const complete = await withTables(palette({ vr: 'OW', InlineBinary: btoa('\x00\x01\xff\xff') }), '/dicomweb');
  expect(complete['00281202']?.Value).toEqual([256, 65_535]);
});

it('fetches tables through its own door, whatever host the server names', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url);
    const body = new TextEncoder().encode('--b\r\nContent-Type: x\r\n\r\n\x01\x00\x02\x00\r\n--b--');
    return Promise.resolve({
      ok: true, redirected: false, status: 200, headers: new Headers({ 'content-type': 'multipart/related; boundary=b' }),
      arrayBuffer: () => Promise.resolve(body.buffer),
    });
  });
  const complete = await withTables(palette({ BulkDataURI: 'http://inside:1/x/studies/1/bulk/0' }), '/s/t/dicomweb');
  expect(asked[0]).toBe('/s/t/dicomweb/studies/1/bulk/0');
  expect(complete['00281201']?.Value).toEqual([1, 2]);
});

it('leaves other images alone', async () => {
  const grey: DicomJson = { '00280004': { Value: ['MONOCHROME2'] } };
  expect(await withTables(grey, '')).toBe(grey);
});

it('reads eight-bit tables and plain bodies', () => {
  expect(tableValues(new Uint8Array([1, 2, 3]), 3)).toEqual([1, 2, 3]);
  expect(bodyOf(new Uint8Array([9]), 'application/octet-stream')).toEqual(new Uint8Array([9]));
});

it('expands segmented tables: runs, lines, and segments used again', () => {
  expect(expanded([0, 2, 10, 20, 1, 2, 40], 4)).toEqual([10, 20, 30, 40]);
  expect(expanded([0, 2, 10, 20, 2, 1, 0, 0], 4)).toEqual([10, 20, 10, 20]);
  expect(expanded([7, 1, 0], 4)).toBeNull();
  expect(expanded([0, 1, 5, 2, 9, 6, 0], 40)).toBeNull();
});
