import { h } from './dom';

/** Text as paragraphs at empty lines; a short line that ends in a colon becomes a heading of its own. */
export function paragraphs(text: string): HTMLElement[] {
  return text.split(/\r?\n\s*\r?\n/).filter((part) => part.trim()).map((part) => {
    const [first = '', ...rest] = part.trim().split(/\r?\n/);
    const heading = /^[^.]{1,40}:$/.test(first.trim());
    return heading
      ? h('section', {}, h('h3', {}, first.trim().slice(0, -1)), h('p', {}, rest.join('\n')))
      : h('p', {}, part.trim());
  });
}
