import { expect, it } from 'vitest';
import type { SeriesInfo } from '../app/context';
import { buildStack, clampIndex, prefetchOrder } from './stack';

const instance = (uid: string, frames: number) => ({ uid, number: 1, frames, rows: 4, columns: 4, transfer_syntax: '' });

it('unrolls multi-frame instances in order', () => {
  const series = { uid: '1.2', instances: [instance('1.2.1', 1), instance('1.2.2', 3)] } as SeriesInfo;
  expect(buildStack(series).map(({ instanceUid, frame }) => `${instanceUid}/${frame}`))
    .toEqual(['1.2.1/1', '1.2.2/1', '1.2.2/2', '1.2.2/3']);
});

it('keeps an index inside the stack', () => {
  expect([clampIndex(-3, 10), clampIndex(12, 10), clampIndex(4.4, 10), clampIndex(3, 0)]).toEqual([0, 9, 4, 0]);
});

it('loads ahead near images first, two forward for one back, never outside or twice', () => {
  expect(prefetchOrder(5, 100, 1, 6)).toEqual([6, 7, 4, 8, 9, 3]);
  expect(prefetchOrder(5, 100, -1, 3)).toEqual([4, 3, 6]);
  expect(prefetchOrder(0, 3, 1, 50)).toEqual([1, 2]);
});
