import type { Language } from '../app/context';
import { en } from './en';
import { es } from './es';
import { it } from './it';
import { pt } from './pt';

export type MessageKey = keyof typeof es;
export type Messages = Record<MessageKey, string>;

export const DICTIONARIES: Record<Language, Messages> = { es, en, it, pt };

/** Says a message in one language, its `{placeholders}` filled. */
export type Translate = (key: MessageKey, values?: Record<string, string | number>) => string;

export function translator(language: Language): Translate {
  const messages = DICTIONARIES[language];
  return (key, values = {}) =>
    messages[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
