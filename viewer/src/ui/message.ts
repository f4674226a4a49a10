import { h } from './dom';
import { icon, type IconName } from './icons';

/** A calm notice in place of an image. */
export function message(name: IconName, title: string, text: string, extra?: HTMLElement | null | ''): HTMLElement {
  return h('div', { class: 'pv-message', role: 'status' }, icon(name), h('h2', {}, title), h('p', {}, text), extra);
}
