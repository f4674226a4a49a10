import { expect, it } from 'vitest';
import { draggedWindow, presetsFor, sameWindow } from './window';

it('has absolute presets for CT alone', () => {
  expect(presetsFor('CT', null).find(({ label }) => label === 'presetLung')?.window).toEqual({ center: -600, width: 1500 });
  expect(presetsFor('MR', null)).toHaveLength(1);
  expect(presetsFor('MR', { center: 500, width: 1000 }).find(({ label }) => label === 'presetMoreContrast')?.window)
    .toEqual({ center: 500, width: 600 });
});

it('drags in steps of the image’s own width and never below one', () => {
  const initial = { center: 50, width: 300 };
  expect(draggedWindow(initial, 10, -20, initial)).toEqual({ center: 30, width: 310 });
  expect(draggedWindow(initial, -10_000, 0, initial).width).toBe(1);
});

it('compares windows by value', () => {
  expect(sameWindow({ center: 1, width: 2 }, { center: 1, width: 2 })).toBe(true);
  expect(sameWindow(null, { center: 1, width: 2 })).toBe(false);
  expect(sameWindow(null, null)).toBe(true);
});
