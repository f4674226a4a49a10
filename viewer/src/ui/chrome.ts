import type { Viewer } from '../app/viewer';
import { h, iconButton, setPressed } from './dom';
import { keyboardSheet } from './keyboard-sheet';
import { message } from './message';
import { ReportPanel } from './report-panel';
import { icon } from './icons';

/** What both looks have: the skip link, back, title, report, notices. */
export class Chrome {
  readonly report: ReportPanel;
  readonly reportButton: HTMLButtonElement;
  readonly notice = h('p', { class: 'p-vs__hint pv-notice', role: 'status', hidden: true });
  private readonly keys;
  private noticeTimer = 0;

  constructor(readonly viewer: Viewer, readonly host: HTMLElement) {
    const { t, context } = viewer;
    this.keys = keyboardSheet(t, context.look === 'full');
    this.report = new ReportPanel(context, t, () => this.toggleReport(false), (uid) => viewer.removeMeasurement(uid),
      () => void viewer.engine.own.download('report'));
    this.reportButton = iconButton('file-earmark-text', t('report'), () => this.toggleReport(!this.report.isOpen), {
      className: 'pv-btn pv-btn--report', pressed: false, title: t('reportShow'),
    });
    viewer.on('ask', (what) => {
      if (what === 'help') this.keys.open(host);
      if (what === 'report') this.toggleReport(!this.report.isOpen);
    });
    viewer.on('measurements', (list) => this.report.showMeasurements(list));
    viewer.on('notice', (text) => this.say(text));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.report.isOpen && !document.querySelector('dialog[open]')) this.toggleReport(false);
    });
  }

  /** The bar on top: `title` and below it `detail`. */
  bar(title: string, detail: string, ...buttons: HTMLElement[]): HTMLElement {
    const { t, context } = this.viewer;
    return h('header', { class: 'p-v__bar' },
      context.back_url && h('a', { class: 'pv-btn pv-btn--ghost', href: context.back_url, 'aria-label': t('back'), title: t('back') },
        icon('arrow-left')),
      h('div', { class: 'p-v__ttl' }, h('h1', {}, title), h('small', {}, detail)),
      ...buttons);
  }

  skipLink(): HTMLElement {
    return h('a', { class: 'pv-skip', href: '#image', onclick: (event: Event) => {
      event.preventDefault();
      this.viewer.active.element.focus();
    } }, this.viewer.t('skipToImage'));
  }

  toggleReport(open: boolean, focus = true): void {
    if (open === this.report.isOpen) return;
    this.report.toggle(open, focus);
    setPressed(this.reportButton, open);
    this.host.classList.toggle('has-report', open);
    if (!open && focus) this.reportButton.focus();
  }

  /** A short notice that screen readers speak and that goes by itself. */
  say(text: string, milliseconds = 6000): void {
    window.clearTimeout(this.noticeTimer);
    this.notice.textContent = text;
    this.notice.hidden = false;
    this.noticeTimer = window.setTimeout(() => { this.notice.hidden = true; }, milliseconds);
  }

  /** In place of an image where there is none at all. */
  emptyStudy(): HTMLElement {
    const { t } = this.viewer;
    return message('images', t('noImagesTitle'), t('noImages'));
  }
}
