import type { MessageKey, Translate } from '../i18n';
import { ACTIONS, isFullOnly, TOOLS } from '../tools/catalog';
import { h } from './dom';
import { setSingleKeys, singleKeys } from './keyboard';
import { Sheet } from './sheet';

const NAMES: Record<string, string> = {
  ArrowDown: '↓', ArrowRight: '→', ArrowUp: '↑', ArrowLeft: '←', Delete: 'Supr / Del', PageDown: 'Page ↓', PageUp: 'Page ↑',
  Home: 'Home', End: 'End',
};

/** What fingers do in the simple look, in words. */
function fingers(t: Translate): HTMLElement {
  const row = (name: MessageKey, hint: MessageKey) => h('div', {}, h('dt', {}, t(name)), h('dd', {}, t(hint)));
  return h('section', {}, h('p', {}, t('hintSwipe')),
    h('dl', { class: 'pv-keys pv-keys--fingers' },
      row('simpleZoom', 'hintZoom'), row('simpleBrightness', 'hintBrightness'), row('moreMeasure', 'hintMeasure')),
    h('h3', {}, t('orientationTitle')), h('p', {}, t('orientationHelp')));
}

/** The map of keys, on "?": in the simple look below the fingers', without what only the full one has. */
export function keyboardSheet(t: Translate, full: boolean): Sheet {
  const sheet = new Sheet(t, t(full ? 'keyboardTitle' : 'help'));
  const row = (keys: readonly string[], words: string) => h('div', {},
    h('dt', {}, ...keys.map((key) => h('kbd', {}, NAMES[key] ?? key.toUpperCase()))), h('dd', {}, words));
  const box = h('input', { type: 'checkbox', onchange: () => setSingleKeys(box.checked) });
  box.checked = singleKeys();
  if (!full) sheet.body.append(fingers(t));
  sheet.body.append(h('section', { class: full ? '' : 'pv-keyboard' },
    !full && h('h3', {}, t('keyboardTitle')),
    h('label', { class: 'pv-check' }, box, h('span', {}, t('keyboardToggle'))),
    h('dl', { class: 'pv-keys' },
      ...TOOLS.map((tool) => row([tool.key], t(tool.label))),
      ...ACTIONS.filter(({ id }) => full || !isFullOnly(id)).map((action) => row(action.keys, t(action.label))),
      row([t('keyboardPan')], t('keyboardPanText')),
      row([t('keyboardWindow')], t('keyboardWindowText')),
      full && row([t('keyboardTurn')], t('keyboardTurnText'))),
    h('p', { class: 'p-muted' }, t('keyboardMouse'))));
  return sheet;
}
