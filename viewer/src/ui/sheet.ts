import type { Translate } from '../i18n';
import { h, iconButton, nextId } from './dom';

/** A dialog from below on a phone, in the middle on a desk. The browser keeps the focus inside and gives it back. */
export class Sheet {
  readonly body = h('div', { class: 'pv-sheet__body' });
  private readonly dialog: HTMLDialogElement;

  constructor(t: Translate, title: string, className = '') {
    const id = nextId('sheet');
    this.dialog = h('dialog', { class: `pv-sheet ${className}`.trim(), 'aria-labelledby': id },
      h('header', {}, h('h2', { id }, title),
        iconButton('x-lg', t('close'), () => this.close(), { className: 'pv-btn pv-btn--ghost', iconOnly: true })),
      this.body);
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog) this.close();
    });
  }

  get isOpen(): boolean {
    return this.dialog.open;
  }

  /** `closed` is told once, however the dialog ends. */
  open(host: HTMLElement, closed?: () => void): void {
    if (this.dialog.open) return;
    this.dialog.addEventListener('close', () => {
      this.dialog.remove();
      closed?.();
    }, { once: true });
    host.append(this.dialog);
    this.dialog.showModal();
  }

  close(): void {
    this.dialog.close();
  }
}
