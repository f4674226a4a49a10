import type { ViewerContext } from '../app/context';
import { cookie } from '../app/session';
import type { Translate } from '../i18n';
import type { Measurement } from '../tools/annotations';
import { TOOLS } from '../tools/catalog';
import { h, iconButton } from './dom';
import { icon } from './icons';

/** The report beside the images, and in the full look the measurements below it. */
export class ReportPanel {
  readonly element: HTMLElement;
  private readonly measures = h('div', {});
  private readonly body = h('div', { class: 'pv-report' });
  /** Images of this study: measurements on an earlier one beside it are not kept. */
  private readonly own: Set<string>;
  private asPdf = false;
  private told = false;

  constructor(
    private readonly context: ViewerContext, private readonly t: Translate, close: () => void,
    private readonly removeMeasurement: (uid: string) => void, private readonly downloadMeasurements: () => void,
  ) {
    const head = h('header', {}, h('h2', {}, t('report')),
      iconButton('x-lg', t('reportClose'), close, { className: 'pv-btn pv-btn--ghost', iconOnly: true }));
    this.element = h('aside', { class: 'p-vf__side', 'aria-label': t('report'), hidden: true, tabindex: '-1' },
      head, this.body, this.measures);
    this.own = new Set(context.series.flatMap(({ instances }) => instances.map(({ uid }) => uid)));
    this.asPdf = context.report !== null && !context.report.sections.length;
    if (context.look === 'full') this.showMeasurements([]);
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** Open or close; what is heavy, the PDF, loads only when first opened. */
  toggle(open: boolean, focus = true): void {
    this.element.hidden = !open;
    if (open && !this.body.childElementCount) this.showReport();
    if (open && focus) this.element.focus();
  }

  private showReport(): void {
    const { report, report_reason: reason } = this.context;
    if (!report) {
      this.body.replaceChildren(h('p', { class: 'p-muted' }, reason || this.t('reportNone')));
      return;
    }
    const chip = h('span', { class: `pv-chip pv-chip--${report.status === 'final' || report.status === 'amended' ? 'ok' : 'wait'}` },
      icon(report.status === 'final' || report.status === 'amended' ? 'check-circle' : 'hourglass-split'),
      [report.status_text, report.signed_text].filter(Boolean).join(' · '));
    this.body.replaceChildren(chip, this.actions(report.sections.length > 0, report.pdf_url), this.asPdf
      ? h('iframe', { class: 'pv-pdf', src: report.pdf_url, title: this.t('report') })
      : h('div', { class: 'pv-text' }, ...report.sections.map(([heading, body]) => part(heading, body))));
    this.body.classList.toggle('is-pdf', this.asPdf);
    if (!this.asPdf) void this.tellRead(report.read_url);
  }

  /** Tells the portal once that the words were shown: only then are they read. Of a PDF it knows by itself. */
  private async tellRead(url: string | undefined): Promise<void> {
    if (this.told || !url) return;
    this.told = true;
    try {
      await fetch(url, {
        method: 'POST', credentials: 'same-origin', keepalive: true, headers: { 'X-CSRFToken': cookie('csrftoken') },
      });
    } catch {
      this.told = false; // off-line: told when the report is opened again, and unread until then
    }
  }

  private actions(hasText: boolean, pdf: string): HTMLElement {
    const swap = () => {
      this.asPdf = !this.asPdf;
      this.showReport();
    };
    return h('div', { class: 'pv-row' },
      h('a', { class: 'pv-btn', href: pdf, target: '_blank', rel: 'noopener' }, icon('box-arrow-up-right'),
        h('span', {}, this.t('reportOpenPdf'))),
      hasText && iconButton(this.asPdf ? 'file-earmark-text' : 'file-earmark-pdf',
        this.t(this.asPdf ? 'reportShowText' : 'reportShowPdf'), swap, { className: 'pv-btn' }));
  }

  showMeasurements(list: readonly Measurement[]): void {
    if (this.context.look !== 'full') return;
    const rows = list.map((one, index) => h('tr', {},
      h('th', { scope: 'row' }, this.t(TOOLS.find(({ id }) => id === one.tool)?.label ?? 'measurements')),
      h('td', {}, ...one.lines.map((line) => h('div', {}, line))),
      h('td', {}, iconButton('x-lg', this.t('measurementRemove', { number: index + 1 }),
        () => this.removeMeasurement(one.uid), { className: 'pv-btn pv-btn--ghost pv-btn--small', iconOnly: true }))));
    this.measures.replaceChildren(h('h2', {}, this.t('measurements')), rows.length
      ? h('table', { class: 'p-roi' }, h('tbody', {}, ...rows))
      : h('p', { class: 'p-muted' }, this.t('measurementsNone')),
    this.context.measurements_url && list.some(({ instanceUid }) => this.own.has(instanceUid)) ? h('div', { class: 'pv-row' },
      iconButton('download', this.t('measurementsDownload'), this.downloadMeasurements, { className: 'pv-btn' }),
      h('p', { class: 'p-muted' }, this.t('measurementsKept'))) : '');
  }
}

/** A part of the report under its heading, where it has one. */
function part(heading: string, body: string): HTMLElement {
  const text = h('p', {}, body);
  return heading ? h('section', {}, h('h3', {}, heading), body ? text : null) : text;
}
