import type { SeriesInfo, SeriesKind } from '../app/context';
import type { MessageKey, Translate } from '../i18n';
import { h, setPressed } from './dom';
import { icon, type IconName } from './icons';

const KINDS: Partial<Record<SeriesKind, { icon: IconName; label: MessageKey }>> = {
  pdf: { icon: 'file-earmark-pdf', label: 'seriesPdf' },
  sr: { icon: 'file-earmark-text', label: 'seriesSr' },
  video: { icon: 'film', label: 'seriesVideo' },
  ecg: { icon: 'heart-pulse', label: 'seriesEcg' },
};

/** Series that a person can open; presentation states belong to images and are no series of their own to look at. */
export function viewableSeries(series: readonly SeriesInfo[]): SeriesInfo[] {
  return series.filter((one) => one.kind !== 'presentation' && one.instances.length > 0);
}

export function seriesTitle(series: SeriesInfo, t: Translate): string {
  const kind = KINDS[series.kind];
  return series.description || (kind ? t(kind.label) : t('seriesName', { number: series.number }));
}

/** Small pictures of the series; pressing one opens it in the active pane. */
export class SeriesStrip {
  private readonly buttons = new Map<string, HTMLButtonElement>();

  constructor(
    readonly element: HTMLElement, series: readonly SeriesInfo[], t: Translate, withWords: boolean,
    open: (series: SeriesInfo) => void,
  ) {
    for (const one of series) {
      const title = seriesTitle(one, t);
      const count = one.count === 1 ? t('seriesOneImage') : t('seriesImages', { count: one.count });
      const isImage = one.kind === 'image' || one.kind === 'video';
      const button = h('button', {
        type: 'button', 'aria-pressed': 'false', title, 'aria-label': isImage ? `${title}, ${count}` : title,
        'data-series': one.uid, onclick: () => open(one),
      }, h('span', {}, this.picture(one), withWords && isImage && h('em', {}, String(one.count))),
      withWords && h('b', {}, title));
      this.buttons.set(one.uid, button);
      element.append(button);
    }
  }

  private picture(series: SeriesInfo): Element {
    const kind = KINDS[series.kind];
    if (kind && series.kind !== 'video') return icon(kind.icon);
    const image = h('img', { src: series.thumbnail_url, alt: '', loading: 'lazy', decoding: 'async' });
    image.addEventListener('error', () => image.replaceWith(icon(kind?.icon ?? 'images')), { once: true });
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
