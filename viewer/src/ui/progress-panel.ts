import type { Translate } from '../i18n';
import { h } from './dom';

/** What takes its time, how far it is, and a way to give it up. */
export class ProgressPanel {
  private readonly words = h('span', {});
  private readonly bar = h('progress', { max: 1, value: 0 });
  private cancel: () => void = () => undefined;
  readonly element: HTMLElement;

  constructor(t: Translate) {
    this.element = h('div', { class: 'pv-panel pv-progress', role: 'status', hidden: true }, this.words, this.bar,
      h('button', { type: 'button', class: 'pv-btn', onclick: () => this.cancel() }, t('cancel')));
    this.bar.setAttribute('aria-label', t('actionMpr'));
  }

  show(told: { text: string; share: number; cancel: () => void } | null): void {
    this.element.hidden = !told;
    if (!told) return;
    this.words.textContent = told.text;
    this.bar.value = told.share;
    this.cancel = told.cancel;
  }
}
