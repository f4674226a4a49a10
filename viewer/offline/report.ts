/** The reports beside the images: each as its PDF, and its words where there are some. */
import { h, iconButton } from '../src/ui/dom';
import { icon } from '../src/ui/icons';
import { paragraphs } from '../src/ui/paragraphs';
import type { StudyReport } from './study';
import type { Say } from './texts';

const SIGNED = ['final', 'amended'];

export class Reports {
  readonly element: HTMLElement;

  constructor(reports: readonly StudyReport[], say: Say, close: () => void) {
    this.element = h('aside', { class: 'p-vf__side', 'aria-label': say('report'), hidden: true, tabindex: '-1' },
      h('header', {}, h('h2', {}, say('report')),
        iconButton('x-lg', say('reportClose'), close, { className: 'pv-btn pv-btn--ghost', iconOnly: true })),
      ...(reports.length ? reports.map((one, index) => shown(one, index, say)) : [h('p', { class: 'p-muted' }, say('reportNone'))]));
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  toggle(open: boolean): void {
    this.element.hidden = !open;
    if (open) this.element.focus();
  }
}

function shown(report: StudyReport, index: number, say: Say): HTMLElement {
  const signed = SIGNED.includes(report.status);
  const by = report.signed && say('signedBy', { name: report.signed });
  const status = report.status === 'amended' ? say('statusAmended') : say(signed ? 'statusFinal' : 'statusPreliminary');
  return h('article', { class: 'pv-report' },
    h('h3', {}, report.title || say('reportNumber', { number: index + 1 })),
    h('span', { class: `pv-chip pv-chip--${signed ? 'ok' : 'wait'}` }, icon(signed ? 'check-circle' : 'hourglass-split'),
      report.status === 'final' && by ? by : [status, by].filter(Boolean).join(' · ')),
    h('div', { class: 'pv-row' }, h('a', { class: 'pv-btn', href: report.file, target: '_blank', rel: 'noopener' },
      icon('box-arrow-up-right'), h('span', {}, say('reportOpenPdf')))),
    report.text && h('div', { class: 'pv-text' }, ...paragraphs(report.text)));
}
