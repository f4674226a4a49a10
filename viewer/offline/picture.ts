/** The pane as it stands on screen: what fingers, mouse and wheel do to it, and the words over it. */
import { Gestures } from '../src/core/gestures';
import { edgesFromOrientation, edgesFromPatientOrientation, INITIAL_VIEW, zoomAround, type Direction } from '../src/core/view';
import type { MessageKey } from '../src/i18n';
import type { ToolId } from '../src/tools/catalog';
import { h } from '../src/ui/dom';
import { message } from '../src/ui/message';
import type { Pane } from './pane';
import type { Say } from './texts';

const WORD: Record<Direction, MessageKey> = { R: 'wordR', L: 'wordL', A: 'wordA', P: 'wordP', H: 'wordH', F: 'wordF' };

/** @param seriesName what the series on screen is called; `touched`: called before anything that a hand does. */
export function pictureOf(pane: Pane, say: Say, tool: () => ToolId, touched: () => void): HTMLElement {
  const over = h('div', { class: 'pv-over' });
  const wait = h('div', { class: 'pv-wait', role: 'progressbar', 'aria-label': say('loading'), hidden: true });
  const mark = h('div', { class: 'p-c p-c--bl' });
  const edges = { left: h('div', { class: 'p-c p-c--l' }), right: h('div', { class: 'p-c p-c--r' }) };
  const element = h('section', { class: 'p-vp', tabindex: '0', role: 'group', id: 'image' },
    pane.stage, mark, edges.left, edges.right, over, wait);

  const describe = () => {
    const index = Math.max(0, pane.shownIndex) + 1;
    element.setAttribute('aria-label', say('imageLabel', { index, count: pane.stack.length, series: pane.series?.title ?? '' }));
    const marks = [pane.shownIndex >= 0 && !pane.frame && say('jpegOnly'), pane.frame?.header.lossy && say('cornerLossy')];
    mark.textContent = marks.filter(Boolean).join(' · ');
    mark.hidden = !mark.textContent;
    const found = edgesOf(pane);
    for (const side of ['left', 'right'] as const) {
      const direction = found?.[side][0];
      edges[side].textContent = direction ? say(WORD[direction]) : '';
      edges[side].hidden = !direction;
    }
  };
  for (const event of ['shown', 'view', 'series'] as const) pane.on(event, describe);
  pane.on('waiting', (waiting) => { wait.hidden = !waiting; });
  pane.on('failure', (failed) => {
    over.replaceChildren(...(failed ? [message('exclamation-triangle', say('missingTitle'), say('missing'))] : []));
  });

  const change = (act: () => void) => {
    touched();
    act();
  };
  new Gestures(pane.stage, {
    tool,
    activate: () => undefined,
    scroll: (steps) => change(() => pane.setIndex(pane.index + steps)),
    pan: (dx, dy) => change(() => pane.setView({ ...pane.view, panX: pane.view.panX + dx, panY: pane.view.panY + dy })),
    zoom: (factor, x, y) => change(() => pane.setView(zoomAround(pane.view, factor, x, y))),
    window: (dx, dy) => change(() => pane.dragWindow(dx, dy)),
    doubleTap: (x, y) => change(() => pane.setView(pane.view.zoom > 1.05
      ? { ...pane.view, zoom: INITIAL_VIEW.zoom, panX: 0, panY: 0 } : zoomAround(pane.view, 2.5, x, y))),
    cancelMeasurement: () => undefined,
    hold: () => undefined, // neither loupe nor place: tools of the full look
    pixelsPerImage: () => Math.max(4, Math.min(24, (pane.stage.clientHeight * 0.8) / Math.max(1, pane.stack.length))),
  });
  return element;
}

function edgesOf(pane: Pane) {
  const orientation = pane.frame?.header.orientation ?? [];
  if (orientation.length === 6) return edgesFromOrientation(pane.view, orientation.map(Number));
  return edgesFromPatientOrientation(pane.view, orientation.map(String));
}
