import type { PriorInfo } from '../app/context';
import type { Viewer } from '../app/viewer';
import { h, iconButton, relabel, setPressed } from './dom';
import { Sheet } from './sheet';

/** The button that opens an earlier study beside this one, and the list where there are several. */
export class CompareChooser {
  /** Null where the person may see no earlier study. */
  readonly button: HTMLButtonElement | null;

  constructor(private readonly viewer: Viewer) {
    const { t, context } = viewer;
    const [first] = context.priors;
    this.button = first ? iconButton('layout-split', t('compareWith', { date: first.date_text }), () => this.open(), {
      className: 'pv-btn pv-btn--compare', pressed: false,
    }) : null;
    this.button?.append(h('span', { class: 'pv-short' }, t('actionCompare'))); // a phone has no room for the date
  }

  /** One press opens the only one, chooses among several, and ends what is open. */
  open(): void {
    const { context: { priors }, compare, t } = this.viewer;
    const [first] = priors;
    if (compare.shown && priors.length === 1) return compare.end();
    if (!first) return this.viewer.emit('notice', t('compareNone'));
    if (priors.length === 1) return void compare.show(first);
    const sheet = new Sheet(t, t('compareTitle'));
    const choose = (act: () => void) => () => {
      sheet.close();
      act();
    };
    sheet.body.append(
      ...priors.map((prior) => this.item(prior, choose(() => void compare.show(prior)))),
      ...(compare.shown ? [iconButton('x-lg', t('compareEnd'), choose(() => compare.end()), { className: 'pv-item' })] : []));
    sheet.open(document.body);
  }

  private item(prior: PriorInfo, press: () => void): HTMLElement {
    return h('button', { type: 'button', class: 'pv-item', 'aria-pressed': String(prior === this.viewer.compare.shown), onclick: press },
      h('b', {}, prior.date_text), h('span', {}, [prior.modalities.join(', '), prior.description].filter(Boolean).join(' · ')));
  }

  update(): void {
    if (!this.button) return;
    const { compare, context, t } = this.viewer;
    setPressed(this.button, compare.shown !== null);
    const date = (compare.shown ?? context.priors[0])?.date_text ?? '';
    const words = compare.shown && context.priors.length === 1 ? t('compareEnd') : t('compareWith', { date });
    relabel(this.button, 'layout-split', words);
    this.button.title = words; // on a small screen its words are not to be seen
  }
}
