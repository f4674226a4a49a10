/** An ECG on millimetre paper, with calipers that fingers, mouse and keys move. */
import type { SeriesInfo } from '../app/context';
import { items, RequestFailure } from '../dicomweb/client';
import { bytesOf } from '../dicomweb/palette';
import type { MetadataStore } from '../dicomweb/store';
import type { Translate } from '../i18n';
import { h, iconButton, setPressed } from '../ui/dom';
import { icon } from '../ui/icons';
import { failureMessage } from '../ui/failure';
import { message } from '../ui/message';
import { between, groupOf, isStandard, layOut, type Paper, type Sheet, type Trace, type WaveformGroup } from './waveform';

const SVG = 'http://www.w3.org/2000/svg';
/** CSS pixels a millimetre: what browsers call a millimetre, at 100 % zoom. */
const PX_PER_MM = 96 / 25.4;
type Place = [number, number];

function svg(tag: string, attributes: Record<string, string | number>, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** The waveforms of an instance; every group that can be read. Rejects with RequestFailure. */
async function groupsOf(store: MetadataStore, series: SeriesInfo, instance: string, root: string): Promise<WaveformGroup[]> {
  const set = (await store.load(series)).get(instance) ?? {};
  const groups: WaveformGroup[] = [];
  for (const item of items(set, '54000100')) {
    const bytes = await bytesOf(item['54001010'], root);
    try {
      groups.push(groupOf(item, bytes ?? new Uint8Array()));
    } catch {
      // said below where no group is left
    }
  }
  return groups;
}

/**
 * The element that shows the ECG of an instance; it fills itself when the waveform is here.
 * @param url of the drawing that the server makes of it; `root` of the DICOMweb door.
 */
export function ecgView(
  series: SeriesInfo, instance: string, name: string, url: string, root: string, store: MetadataStore, t: Translate,
): HTMLElement {
  const element = h('div', { class: 'pv-ecg' });
  const load = (): void => {
    groupsOf(store, series, instance, root).then((groups) => {
      if (groups.length) new EcgSheet(element, groups, name, url, t);
      else element.replaceChildren(message('heart-pulse', t('ecgBrokenTitle'), t('ecgBroken')));
    }, (error: unknown) => {
      const kind = error instanceof RequestFailure ? error.kind : 'server';
      element.replaceChildren(failureMessage(t, kind, () => (kind === 'session' ? window.location.reload() : load())));
    });
  };
  load();
  return element;
}

class EcgSheet {
  private paper: Paper = { mmPerSecond: 25, mmPerMillivolt: 10 };
  private group: WaveformGroup;
  private inRows = false;
  private fit = false;
  private measuring = false;
  private sheet: Sheet;
  private drawing: SVGElement = svg('svg', {});
  private readonly scroll = h('div', { class: 'pv-ecg__scroll' });
  private readonly output = h('output', { class: 'pv-ecg__out', role: 'status' });
  private readonly note = h('p', { class: 'pv-ecg__note' });
  private caliper: [Place, Place] | null = null;
  /** Which end keys move. */
  private end: 0 | 1 = 1;

  constructor(
    host: HTMLElement, private readonly groups: WaveformGroup[], private readonly name: string,
    private readonly url: string, private readonly t: Translate,
  ) {
    this.group = groups[0] as WaveformGroup;
    this.sheet = layOut(this.group, this.paper, this.inRows);
    host.replaceChildren(this.controls(), this.scroll, h('footer', { class: 'pv-ecg__foot' }, this.note, this.output));
    this.redraw();
  }

  private choice<Value extends string>(label: string, options: [Value, string][], chosen: Value, pick: (value: Value) => void): HTMLElement {
    const select = h('select', { onchange: () => pick(select.value as Value) },
      ...options.map(([value, words]) => h('option', { value, selected: value === chosen }, words)));
    return h('label', {}, h('span', {}, label), select);
  }

  private controls(): HTMLElement {
    const { t } = this;
    const paper = (change: Partial<Paper>) => {
      this.paper = { ...this.paper, ...change };
      this.caliper = null;
      this.redraw();
    };
    const numbered = (values: number[], unit: string): [string, string][] => values.map((one) => [String(one), `${one} ${unit}`]);
    const calipers = iconButton('rulers', t('ecgCalipers'), () => {
      this.measuring = !this.measuring;
      setPressed(calipers, this.measuring);
      this.scroll.classList.toggle('is-measuring', this.measuring);
    }, { className: 'pv-btn', pressed: false });
    return h('div', { class: 'pv-ecg__bar' },
      this.groups.length > 1 && this.choice(t('ecgPart'), this.groups.map((one, index): [string, string] => [String(index), one.label || String(index + 1)]), '0', (value) => {
        this.group = this.groups[Number(value)] ?? this.group;
        this.caliper = null;
        this.redraw();
      }),
      this.choice(t('speed'), numbered([12.5, 25, 50], 'mm/s'), '25', (value) => paper({ mmPerSecond: Number(value) })),
      this.choice(t('ecgGain'), numbered([5, 10, 20], 'mm/mV'), '10', (value) => paper({ mmPerMillivolt: Number(value) })),
      isStandard(this.group) && this.choice(t('layout'), [['grid', '3 × 4'], ['rows', '12 × 1']], 'grid', (value) => {
        this.inRows = value === 'rows';
        paper({});
      }),
      this.choice(t('ecgSize'), [['scale', t('ecgToScale')], ['fit', t('ecgFit')]], 'scale', (value) => {
        this.fit = value === 'fit';
        this.redraw();
      }),
      calipers, h('a', { class: 'pv-btn', href: this.url, target: '_blank', rel: 'noopener', 'aria-label': t('openWindow'), title: t('openWindow') }, icon('box-arrow-up-right')));
  }

  private redraw(): void {
    this.sheet = layOut(this.group, this.paper, this.inRows);
    const { width, height } = this.sheet;
    this.drawing = svg('svg', {
      viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: 'application', 'data-keys': '',
      'aria-label': `${this.t('ecgAlt', { name: this.name })}. ${this.t('ecgCalipersHelp')}`,
    }, paperOf(width, height), ...this.sheet.traces.flatMap(traceOf), svg('g', { class: 'pv-ecg__caliper' }));
    this.drawing.style.width = this.fit ? '100%' : `${width * PX_PER_MM}px`;
    this.drawing.style.aspectRatio = `${width} / ${height}`;
    this.scroll.replaceChildren(this.drawing);
    this.listen(this.drawing);
    this.note.textContent = [
      `${this.paper.mmPerSecond} mm/s · ${this.paper.mmPerMillivolt} mm/mV`, this.t(this.fit ? 'ecgNotToScale' : 'ecgScaleNote'), this.filters(),
    ].filter(Boolean).join(' · ');
    this.mark();
  }

  /** What the device filtered, where the file says it; nothing is filtered here. */
  private filters(): string {
    const { low, high, notch } = this.group.leads[0]?.filter ?? { low: null, high: null, notch: null };
    const said = (hertz: number) => new Intl.NumberFormat(this.t('locale'), { maximumFractionDigits: 3 }).format(hertz);
    const band = low !== null || high !== null ? `${said(low ?? 0)}–${high === null ? '…' : said(high)} Hz` : '';
    const all = [band, notch ? `${this.t('ecgNotch')} ${notch} Hz` : ''].filter(Boolean).join(', ');
    return all && `${this.t('ecgFilter')} ${all}`;
  }

  /** Millimetres on paper under a pointer. */
  private place(event: PointerEvent): Place {
    const box = this.drawing.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * this.sheet.width, ((event.clientY - box.top) / box.height) * this.sheet.height];
  }

  private listen(drawing: SVGElement): void {
    let held = false;
    drawing.addEventListener('pointerdown', (event) => {
      // a finger passes the paper by, unless calipers are chosen
      if (event.button !== 0 || (event.pointerType === 'touch' && !this.measuring)) return;
      const at = this.place(event);
      const near = this.nearEnd(at);
      held = true;
      drawing.setPointerCapture(event.pointerId);
      if (near === null) [this.caliper, this.end] = [[at, at], 1];
      else this.end = near;
      this.mark();
    });
    drawing.addEventListener('pointermove', (event) => held && this.moveEnd(this.place(event)));
    for (const name of ['pointerup', 'pointercancel'] as const) drawing.addEventListener(name, () => { held = false; });
    drawing.addEventListener('keydown', (event) => this.key(event));
  }

  private nearEnd(at: Place): 0 | 1 | null {
    const reach = 14 / (this.drawing.getBoundingClientRect().width / this.sheet.width);
    const found = this.caliper?.findIndex((one) => Math.hypot(one[0] - at[0], one[1] - at[1]) < reach) ?? -1;
    return found < 0 ? null : (found as 0 | 1);
  }

  private moveEnd([x, y]: Place): void {
    if (!this.caliper) return;
    this.caliper[this.end] = [Math.max(0, Math.min(this.sheet.width, x)), Math.max(0, Math.min(this.sheet.height, y))];
    this.mark();
  }

  /** Enter puts calipers down or changes their end, arrows move it by half a millimetre (with Shift by five), Escape takes them away. */
  private key(event: KeyboardEvent): void {
    const steps: Record<string, Place> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    const middle: Place = [this.sheet.width / 2, this.sheet.height / 2];
    if (event.key === 'Enter' || event.key === ' ') {
      if (this.caliper) this.end = this.end ? 0 : 1;
      else [this.caliper, this.end] = [[middle, [...middle]], 1];
    } else if (event.key === 'Escape' && this.caliper) this.caliper = null;
    else if (step && this.caliper) {
      const far = event.shiftKey ? 5 : 0.5;
      const [x, y] = this.caliper[this.end];
      this.moveEnd([x + step[0] * far, y + step[1] * far]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.mark();
  }

  private mark(): void {
    const group = this.drawing.querySelector('.pv-ecg__caliper');
    if (!this.caliper) {
      group?.replaceChildren();
      this.output.textContent = this.t('ecgCalipersHelp');
      return;
    }
    const [from, to] = this.caliper;
    const { ms, mv } = between(from, to, this.paper);
    const line = (x1: number, y1: number, x2: number, y2: number) => svg('line', { x1, y1, x2, y2 });
    group?.replaceChildren(line(from[0], 0, from[0], this.sheet.height), line(to[0], 0, to[0], this.sheet.height),
      line(from[0], from[1], to[0], from[1]), line(from[0], to[1], to[0], to[1]),
      ...this.caliper.map(([cx, cy], index) => svg('circle', { cx, cy, r: 1.2, class: index === this.end ? 'is-on' : '' })));
    const format = (value: number, digits: number) => new Intl.NumberFormat(this.t('locale'), { useGrouping: false, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
    const rate = Math.abs(ms) >= 200 ? ` (${format(60_000 / Math.abs(ms), 0)}/min)` : '';
    this.output.textContent = `${format(Math.abs(ms), 0)} ms${rate} · ${format(mv, 2)} mV`;
  }
}

function paperOf(width: number, height: number): SVGElement {
  const lines = (step: number) => {
    const across = Array.from({ length: Math.floor(width / step) + 1 }, (_, n) => `M${n * step} 0V${height}`);
    const down = Array.from({ length: Math.floor(height / step) + 1 }, (_, n) => `M0 ${n * step}H${width}`);
    return [...across, ...down].join('');
  };
  return svg('g', {}, svg('rect', { width, height, class: 'pv-ecg__paper' }),
    svg('path', { d: lines(1), class: 'pv-ecg__mm' }), svg('path', { d: lines(5), class: 'pv-ecg__cm' }));
}

function traceOf({ label, x, y, points }: Trace): SVGElement[] {
  const path = points.map(([px, py], index) => `${index ? 'L' : 'M'}${px.toFixed(2)} ${py.toFixed(2)}`).join('');
  return [svg('path', { d: path, class: 'pv-ecg__trace' }), svg('text', { x: x + 1, y: y - 9, class: 'pv-ecg__lead' }, label)];
}
