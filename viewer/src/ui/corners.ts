import type { Pane } from '../core/pane';
import type { ImageRef } from '../core/stack';
import { edgesFromOrientation, edgesFromPatientOrientation, type Direction, type EdgeDirections } from '../core/view';
import type { MessageKey } from '../i18n';
import { h } from './dom';
import type { PaneHost } from './pane-view';

const LOSSY = [50, 51, 53, 55, 81].map((last) => `1.2.840.10008.1.2.4.${last}`);

const WORD: Record<Direction, MessageKey> = {
  R: 'wordR', L: 'wordL', A: 'wordA', P: 'wordP', H: 'wordH', F: 'wordF',
};

type Line = string | null | undefined | false | 0;

/** What lies at each edge of the picture on screen, null where the file does not say. */
export function edgesOf(pane: Pane): EdgeDirections | null {
  const attributes = pane.attributes;
  if (!attributes) return null;
  if (attributes.orientation.length === 6) return edgesFromOrientation(pane.view, attributes.orientation);
  return edgesFromPatientOrientation(pane.view, attributes.patientOrientation);
}

/** The words over an image: who, what, which image, which window, and the letters that say where is what. */
export class Corners {
  private readonly corner: Record<'tl' | 'tr' | 'bl' | 'br', HTMLElement>;
  private readonly edge: Record<keyof EdgeDirections, HTMLElement>;

  constructor(
    parent: HTMLElement, private readonly pane: Pane,
    private readonly host: Pick<PaneHost, 'context' | 't' | 'label' | 'isKey' | 'marks' | 'studyOf'>,
  ) {
    const place = (name: string) => h('div', { class: `p-c p-c--${name}` });
    this.corner = { tl: place('tl'), tr: place('tr'), bl: place('bl'), br: place('br') };
    this.edge = { left: place('l'), right: place('r'), top: place('t'), bottom: place('b') };
    parent.append(...Object.values(this.corner), ...Object.values(this.edge));
    for (const event of ['shown', 'view', 'window', 'series'] as const) pane.on(event, () => this.update());
  }

  update(): void {
    const { context, t } = this.host;
    if (context.look === 'full') this.updateCorners();
    else this.fill('bl', [], [this.preview && t('cornerPreview'), this.lossy && t('cornerLossy')]);
    this.updateEdges();
  }

  private get preview(): boolean {
    const { shownIndex, exact, series } = this.pane;
    return shownIndex >= 0 && !exact && series?.kind === 'image';
  }

  private updateCorners(): void {
    const { pane, host: { context: { patient }, t, label: labelled, studyOf, isKey } } = this;
    const { series } = pane;
    if (!series || pane.shownIndex < 0) {
      for (const name of ['tl', 'tr', 'bl', 'br'] as const) this.fill(name, []);
      return;
    }
    const attributes = pane.attributes;
    const window = pane.effectiveWindow;
    const image = pane.stack[pane.shownIndex];
    const [label, study] = [labelled(series), studyOf(series)];
    const short = (value: number) => decimal(value, t('locale'));
    this.corner.tl.classList.toggle('is-dated', Boolean(label));
    this.corner.tl.classList.toggle('is-earlier', Boolean(label?.earlier));
    this.fill('tl', [
      label?.text,
      t('cornerSeries', { number: series.number, index: pane.shownIndex + 1, count: pane.stack.length }),
      [series.description, attributes?.sliceThickness && t('cornerThickness', { mm: short(attributes.sliceThickness) })]
        .filter(Boolean).join(' · '),
      isKey(image) && `★ ${t('keyMark')}`,
    ]);
    this.fill('tr', [
      patient.name, [patient.birth_date, patient.sex].filter(Boolean).join(' · '), patient.patient_id,
      !label && study.dated, study.accession_number,
    ]);
    this.fill('bl', [
      window && t('cornerWindow', { width: short(window.width), center: short(window.center) }),
      t('cornerZoom', { zoom: decimal(pane.view.zoom, t('locale'), 1) }),
    ], [this.preview && t('cornerPreview'), ...this.presented(image)]);
    this.fill('br', [
      [attributes?.kvp && `${short(attributes.kvp)} kV`, attributes?.tubeCurrent && `${short(attributes.tubeCurrent)} mA`]
        .filter(Boolean).join(' · '),
      attributes?.sliceLocation != null && t('cornerZ', { mm: decimal(attributes.sliceLocation, t('locale'), 1) }),
      attributes && !attributes.hasScale && t('cornerNoScale'),
      this.lossy && t('cornerLossy'),
    ]);
  }

  /** What a reader has to know of the presentation state in which an image is shown. */
  private presented(image: ImageRef | undefined): Line[] {
    const { marks, t } = this.host;
    const [gaps, presentation] = [marks.gaps(image), marks.presentationOf(image)];
    return [
      gaps.length > 0 && t('cornerGaps', { what: gaps.map((one) => t(one)).join(', ') }),
      Boolean(image && presentation?.area(image.instanceUid, image.frame)?.trueSize) && t('cornerTrueSize'),
    ];
  }

  /** As the file says, or because its compression cannot be otherwise (PS3.5 8.2). */
  private get lossy(): boolean {
    return Boolean(this.pane.attributes?.lossy) || LOSSY.includes(this.pane.stack[this.pane.shownIndex]?.transferSyntax ?? '');
  }

  /** Professionals read DICOM's letters, which are the same in every language; patients a word. */
  private updateEdges(): void {
    const edges = this.pane.shownIndex < 0 ? null : edgesOf(this.pane);
    const full = this.host.context.look === 'full';
    for (const name of ['left', 'right', 'top', 'bottom'] as const) {
      const directions = (edges?.[name] ?? []).slice(0, full ? 2 : 1);
      const hidden = !directions.length || (!full && (name === 'top' || name === 'bottom'));
      const element = this.edge[name];
      const words = directions.map((direction) => this.host.t(WORD[direction])).join(', ');
      element.textContent = full ? directions.join('') : words;
      element.title = words;
      element.hidden = hidden;
    }
  }

  /** @param told what has to be read whole, however small the pane */
  private fill(name: 'tl' | 'tr' | 'bl' | 'br', lines: Line[], told: Line[] = []): void {
    const rows = [...lines.map((line) => line && h('div', {}, line)), ...told.map((line) => line && h('div', { class: 'is-told' }, line))].filter(Boolean);
    this.corner[name].replaceChildren(...(rows as HTMLElement[]));
    this.corner[name].hidden = !rows.length;
  }
}

/** A number as it is written in the reader's language, with `least` to one decimal. */
function decimal(value: number, language: string, least = 0): string {
  return new Intl.NumberFormat(language, { useGrouping: false, minimumFractionDigits: least, maximumFractionDigits: 1 }).format(value);
}
