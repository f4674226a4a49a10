import type { KeyPlace, Look, SeriesFamily, SeriesInfo, SeriesKind } from '../app/context';
import type { MessageKey, Translate } from '../i18n';
import { h, setPressed } from './dom';
import { icon, type IconName } from './icons';

interface Named {
  icon: IconName;
  label: MessageKey;
}

const KINDS: Partial<Record<SeriesKind, Named>> = {
  pdf: { icon: 'file-earmark-pdf', label: 'seriesPdf' },
  sr: { icon: 'file-earmark-text', label: 'seriesSr' },
  video: { icon: 'film', label: 'seriesVideo' },
  ecg: { icon: 'heart-pulse', label: 'seriesEcg' },
};

const FAMILIES: Record<Exclude<SeriesFamily, ''>, Named> = {
  report: { icon: 'file-earmark-text', label: 'seriesSr' },
  report_data: { icon: 'clipboard-data', label: 'familyReportData' },
  key_images: { icon: 'bookmark-star', label: 'familyKeyImages' },
  marks: { icon: 'pencil', label: 'familyMarks' },
  segmentation: { icon: 'vector-pen', label: 'familySegmentation' },
  surface: { icon: 'box', label: 'familySurface' },
  dose: { icon: 'bullseye', label: 'familyDose' },
  contours: { icon: 'vector-pen', label: 'familyContours' },
  plan: { icon: 'calendar-check', label: 'familyPlan' },
  treatment: { icon: 'calendar-check', label: 'familyTreatment' },
  waveform: { icon: 'activity', label: 'familyWaveform' },
  sound: { icon: 'volume-up', label: 'familySound' },
  document: { icon: 'file-earmark-medical', label: 'familyDocument' },
  model: { icon: 'box', label: 'familyModel' },
  registration: { icon: 'layers', label: 'familyRegistration' },
  values: { icon: 'grid-3x3', label: 'familyValues' },
  spectrum: { icon: 'soundwave', label: 'familySpectrum' },
  measurements: { icon: 'graph-up', label: 'familyMeasurements' },
  raw: { icon: 'database', label: 'familyRaw' },
  data: { icon: 'database', label: 'familyData' },
};

/** Type of what is dragged from the strip into a pane. */
export const DRAGGED = 'application/x-placa-series';

/** What a series is, where it is no stack of pictures. */
export function named(series: SeriesInfo): Named | undefined {
  return series.family ? FAMILIES[series.family] : KINDS[series.kind];
}

/** Series that a person can open; marks open the images that they belong to, and key images are there where one of them is. */
export function viewableSeries(series: readonly SeriesInfo[], look: Look): SeriesInfo[] {
  const opens = (one: SeriesInfo) => keyImages(one, series).length > 0 || (look === 'full' && one.family === 'marks');
  return series.filter((one) => one.instances.length > 0 && (one.kind !== 'presentation' || opens(one)));
}

/** The key images of a selection that this study has, as positions in their series' stacks of frames. */
export function keyImages(
  selection: Pick<SeriesInfo, 'key_images'>, all: readonly SeriesInfo[],
): { series: SeriesInfo; index: number; place: KeyPlace }[] {
  return selection.key_images.flatMap((place) => {
    const found = all.find(({ uid, kind }) => uid === place.series && kind === 'image');
    const at = found?.instances.findIndex(({ uid }) => uid === place.instance) ?? -1;
    if (!found || at < 0) return [];
    const before = found.instances.slice(0, at).reduce((sum, { frames }) => sum + Math.max(1, frames), 0);
    return [{ series: found, index: before + Math.min(place.frame, Math.max(1, found.instances[at]?.frames ?? 1)) - 1, place }];
  });
}

export function seriesTitle(series: SeriesInfo, t: Translate): string {
  const name = named(series);
  return series.description || (name ? t(name.label) : t('seriesName', { number: series.number }));
}

/** Small pictures of the series; pressing one opens it in the active pane. */
export class SeriesStrip {
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private entry: HTMLButtonElement | null = null;

  constructor(
    readonly element: HTMLElement, series: readonly SeriesInfo[], private readonly t: Translate, private readonly withWords: boolean,
    private readonly open: (series: SeriesInfo) => void,
  ) {
    this.add(series);
  }

  /** Put the series of a study below those that are there, under a heading where one is given. */
  add(series: readonly SeriesInfo[], heading = ''): void {
    const { t, withWords, open } = this;
    if (heading) this.element.append(h('h2', {}, heading));
    for (const one of series) {
      const title = seriesTitle(one, t);
      const count = one.count === 1 ? t('seriesOneImage') : t('seriesImages', { count: one.count });
      const isImage = one.kind === 'image';
      const button = h('button', {
        type: 'button', 'aria-pressed': 'false', title, 'aria-label': isImage ? `${title}, ${count}` : title,
        'data-series': one.uid, onclick: () => open(one), draggable: 'true',
        ondragstart: (event: DragEvent) => event.dataTransfer?.setData(DRAGGED, one.uid),
      }, h('span', {}, this.picture(one), withWords && isImage && h('em', {}, String(one.count))),
      withWords && h('b', {}, title));
      this.buttons.set(one.uid, button);
      this.element.append(button);
    }
  }

  /** Mark the series that have key images, with how many; the person's own are an entry of their own on top, which opens them. */
  keyed(own: readonly KeyPlace[], all: readonly KeyPlace[], open: () => void): void {
    for (const [uid, button] of this.buttons) {
      const count = all.filter(({ series }) => series === uid).length;
      button.querySelector('.pv-keyed')?.remove();
      if (count) button.querySelector('span')?.append(h('i', { class: 'pv-keyed', title: this.t('familyKeyImages') }, icon('bookmark-star'), String(count)));
    }
    this.entry?.remove();
    this.entry = own.length ? h('button', { type: 'button', class: 'pv-keyentry', title: this.t('keyNext'), onclick: open },
      h('span', {}, icon('bookmark-star'), h('em', {}, String(own.length))), h('b', {}, this.t('keyOwn'))) : null;
    if (this.entry) this.element.querySelector('button')?.before(this.entry);
  }

  private picture(series: SeriesInfo): Element {
    const kind = named(series);
    if (kind) return icon(kind.icon);
    const image = h('img', { src: series.thumbnail_url, alt: '', loading: 'lazy', decoding: 'async' });
    image.addEventListener('error', () => image.replaceWith(icon('images')), { once: true });
    return image;
  }

  mark(seriesUids: readonly string[], active: string | undefined): void {
    for (const [uid, button] of this.buttons) {
      setPressed(button, uid === active);
      button.classList.toggle('is-open', seriesUids.includes(uid));
      if (uid === active) button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
  }
}
