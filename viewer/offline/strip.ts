/** Small pictures of the series; pressing one opens it. They are the JPEGs that lie in the folder anyway. */
import { h, setPressed } from '../src/ui/dom';
import { icon } from '../src/ui/icons';
import { stackOf, type StudySeries } from './study';
import type { Say } from './texts';

export function stripOf(all: readonly StudySeries[], say: Say, open: (series: StudySeries) => void) {
  const buttons = all.map((series) => {
    const stack = stackOf(series);
    const count = stack.length === 1 ? say('seriesOneImage') : say('seriesImages', { count: stack.length });
    const drawn = stack.filter(({ picture }) => picture);
    const middle = drawn[Math.floor(drawn.length / 2)]?.picture;
    return h('button', {
      type: 'button', 'aria-pressed': 'false', title: series.title, 'aria-label': `${series.title}, ${count}`,
      'data-series': series.id, onclick: () => open(series),
    }, h('span', {}, middle ? h('img', { src: middle, alt: '', decoding: 'async', loading: 'lazy' }) : icon('images')));
  });
  const element = h('nav', { class: 'p-vs__ser', 'aria-label': say('seriesList'), hidden: all.length < 2 }, ...buttons);
  const mark = (shown: StudySeries | null) => buttons.forEach((button, index) => {
    setPressed(button, all[index] === shown);
    if (all[index] === shown) button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  return { element, mark };
}
