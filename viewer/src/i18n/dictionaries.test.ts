import { describe, expect, it } from 'vitest';
import { DICTIONARIES, translator } from '.';

const keys = Object.keys(DICTIONARIES.es).sort();
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe.each(Object.entries(DICTIONARIES))('dictionary %s', (_language, messages) => {
  it('has every key and no other', () => {
    expect(Object.keys(messages).sort()).toEqual(keys);
  });

  it('leaves nothing empty and keeps every placeholder', () => {
    for (const [key, text] of Object.entries(messages)) {
      expect(text.trim(), key).not.toBe('');
      expect(placeholders(text), key).toEqual(placeholders(DICTIONARIES.es[key as keyof typeof DICTIONARIES.es]));
    }
  });
});

it('fills placeholders and leaves unknown ones to be seen', () => {
  expect(translator('es')('imageOf', { index: 3, count: 40 })).toBe('3 de 40');
  expect(translator('en')('imageOf', { index: 3 })).toBe('3 of {count}');
});
