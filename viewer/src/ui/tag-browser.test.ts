import { expect, it } from 'vitest';
import { found, rowsOf } from './tag-browser';

const set = {
  '00280010': { vr: 'US', Value: [512] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Morales^Ana', Ideographic: '漢' }] },
  '00081140': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2.3'] } }] },
  '7FE00010': { vr: 'OW', BulkDataURI: 'x' },
  '00091001': { vr: 'LO', Value: ['private'] },
};

it('lists a data set in order, with names, items and what is binary', () => {
  expect(rowsOf(set, 'bytes').map(({ tag, name, value, depth }) => [tag, name, value, depth])).toEqual([
    ['(0008,1140)', 'Referenced Image Sequence', '× 1', 0], ['(0008,1155)', 'Referenced SOP Instance UID', '1.2.3', 1],
    ['(0009,1001)', '', 'private', 0], ['(0010,0010)', "Patient's Name", 'Morales^Ana = 漢', 0],
    ['(0028,0010)', 'Rows', '512', 0], ['(7FE0,0010)', 'Pixel Data', 'bytes', 0],
  ]);
});

it('finds by part of a name, a number or a value, all words', () => {
  const rows = rowsOf(set, 'bytes');
  expect(found(rows, 'ana name').map(({ tag }) => tag)).toEqual(['(0010,0010)']);
  expect(found(rows, '00280010')).toHaveLength(1);
  expect(found(rows, '')).toHaveLength(6);
});
