import type { Translate } from '../i18n';
import { h } from './dom';
import { Sheet } from './sheet';

const LONGEST = 80;

/** Ask for the words of a note; `done` hears them, or '' where somebody thinks better of it. */
export function askText(t: Translate, done: (words: string) => void): void {
  const sheet = new Sheet(t, t('toolNote'));
  const input = h('input', { type: 'text', class: 'pv-field', maxlength: LONGEST, 'aria-label': t('noteWords'), autofocus: true });
  let words = '';
  const form = h('form', { class: 'pv-ask', onsubmit: (event: Event) => {
    event.preventDefault();
    words = input.value.trim();
    sheet.close();
  } }, input, h('button', { type: 'submit', class: 'pv-btn pv-btn--primary' }, t('noteSet')));
  sheet.body.append(form);
  sheet.open(document.body, () => done(words));
}
