/** Images that somebody marked as the ones to look at: this person's own, and those of selections that came with the study. */
import { Emitter } from '../core/emitter';
import type { ImageRef } from '../core/stack';
import { keyImages } from '../ui/series-strip';
import type { KeyPlace, SeriesInfo } from './context';
import type { Viewer } from './viewer';

const named = ({ instance, frame }: KeyPlace): string => `${instance}/${frame}`;
const placeOf = ({ seriesUid, instanceUid, frame }: ImageRef): KeyPlace => ({ series: seriesUid, instance: instanceUid, frame });

export class KeyImages extends Emitter<{ change: void }> {
  private readonly own = new Map<string, KeyPlace>();
  private readonly arrived: Map<string, KeyPlace>;

  constructor(private readonly viewer: Viewer) {
    super();
    this.arrived = new Map(viewer.series.flatMap(({ key_images: chosen }) => chosen.map((one) => [named(one), one])));
  }

  /** Marked by this person, in the order in which they were. */
  get list(): KeyPlace[] {
    return [...this.own.values()];
  }

  /** The same and those that came with the study. */
  get all(): KeyPlace[] {
    return [...new Map([...this.own, ...this.arrived]).values()];
  }

  isOwn(image: ImageRef | undefined): boolean {
    return image !== undefined && this.own.has(named(placeOf(image)));
  }

  isKey(image: ImageRef | undefined): boolean {
    return image !== undefined && (this.isOwn(image) || this.arrived.has(named(placeOf(image))));
  }

  /** Mark an image, or take the mark back. */
  toggle(image: ImageRef): void {
    const place = placeOf(image);
    if (!this.own.delete(named(place))) this.own.set(named(place), place);
    this.emit('change', undefined);
  }

  remove(place: KeyPlace): void {
    this.own.delete(named(place));
    this.emit('change', undefined);
  }

  /** Put back what was kept; what was marked meanwhile stays. */
  restore(places: readonly KeyPlace[]): void {
    for (const { series, instance, frame } of places) this.own.set(named({ series, instance, frame }), { series, instance, frame });
    this.emit('change', undefined);
  }

  /** Mark the image on screen, or take the mark back. */
  toggleShown(): void {
    const { viewer } = this;
    const { series, stack, shownIndex } = viewer.active.pane;
    const image = stack[shownIndex];
    if (!image || series?.kind !== 'image') return;
    if (image.made || image.studyUid !== viewer.context.study.uid) return viewer.emit('notice', viewer.t('keyNotHere'));
    this.toggle(image);
  }

  /** Open the next key image, whosever it is. */
  next(): void {
    const chosen = keyImages({ key_images: this.all }, this.viewer.compare.allSeries);
    if (chosen.length) this.tour(chosen);
    else this.viewer.emit('notice', this.viewer.t('keyNone'));
  }

  nextOwn(): void {
    this.tour(keyImages({ key_images: this.list }, this.viewer.series));
  }

  /** The first of these images, or the one after that which is shown. */
  tour(chosen: readonly { series: SeriesInfo; index: number }[]): void {
    const { pane } = this.viewer.active;
    const shown = chosen.findIndex(({ series, index }) => pane.series?.uid === series.uid && pane.index === index);
    const next = chosen[(shown + 1) % chosen.length];
    if (next) this.viewer.open(next.series, next.index);
  }
}
