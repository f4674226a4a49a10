import { expect, it } from 'vitest';
import { scaleBar } from './scale-bar';

it('is the longest round length that fits', () => {
  expect(scaleBar(1.5, 100)).toEqual({ pixels: 75, label: '5 cm' });
  expect(scaleBar(40, 100)).toEqual({ pixels: 80, label: '2 mm' });
  expect(scaleBar(200, 100)).toBeNull();
});
