import type { Translate } from '../i18n';
import { ACTIONS, isFullOnly, TOOLS } from '../tools/catalog';
import { h } from './dom';
import { setSingleKeys, singleKeys } from './keyboard';
import { Sheet } from './sheet';

const NAMES: Record<string, string> = {
  ArrowDown: '↓', ArrowRight: '→', ArrowUp: '↑', ArrowLeft: '←', Delete: 'Supr / Del', PageDown: 'Page ↓', PageUp: 'Page ↑',
  Home: 'Home', End: 'End',
};

/** The map of keys, on "?": of the simple look without what only the full one has. */
export function keyboardSheet(t: Translate, full: boolean): Sheet {
  const sheet = new Sheet(t, t('keyboardTitle'));
  const row = (keys: readonly string[], words: string) => h('div', {},
    h('dt', {}, ...keys.map((key) => h('kbd', {}, NAMES[key] ?? key.toUpperCase()))), h('dd', {}, words));
  const box = h('input', { type: 'checkbox', onchange: () => setSingleKeys(box.checked) });
  box.checked = singleKeys();
  sheet.body.append(
    h('label', { class: 'pv-check' }, box, h('span', {}, t('keyboardToggle'))),
    h('dl', { class: 'pv-keys' },
      ...TOOLS.map((tool) => row([tool.key], t(tool.label))),
      ...ACTIONS.filter(({ id }) => full || !isFullOnly(id)).map((action) => row(action.keys, t(action.label))),
      row([t('keyboardPan')], t('keyboardPanText')),
      row([t('keyboardWindow')], t('keyboardWindowText')),
      full && row([t('keyboardTurn')], t('keyboardTurnText'))),
    h('p', { class: 'p-muted' }, t('keyboardMouse')));
  return sheet;
}
