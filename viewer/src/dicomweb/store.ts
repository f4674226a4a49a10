import type { SeriesInfo } from '../app/context';
import type { ImageRef } from '../core/stack';
import { attributesOf, type ImageAttributes } from './attributes';
import type { DicomJson, DicomWeb } from './client';
import { withTables } from './palette';

type SeriesRef = Pick<SeriesInfo, 'study' | 'uid'>;

/** Metadata of series, each fetched once, when first needed. */
export class MetadataStore {
  private readonly series = new Map<string, Promise<Map<string, DicomJson>>>();
  private readonly sets = new Map<string, DicomJson>();
  private readonly attributes = new Map<string, ImageAttributes>();

  constructor(private readonly web: DicomWeb) {}

  /**
   * The data sets of a series by SOP Instance UID. A failed request is forgotten, so that asking again tries again.
   * @throws RequestFailure
   */
  load(series: SeriesRef): Promise<Map<string, DicomJson>> {
    let promise = this.series.get(series.uid);
    if (!promise) {
      promise = this.fetch(series);
      this.series.set(series.uid, promise);
      promise.catch(() => this.series.delete(series.uid));
    }
    return promise;
  }

  /** Take in the data sets of a series that was computed here. */
  put(seriesUid: string, sets: Map<string, DicomJson>): void {
    this.series.set(seriesUid, Promise.resolve(sets));
    for (const [uid, set] of sets) this.sets.set(uid, set);
  }

  /** Let go of a series that was computed here. */
  drop(seriesUid: string, instances: readonly string[]): void {
    this.series.delete(seriesUid);
    for (const uid of instances) {
      this.sets.delete(uid);
      this.attributes.delete(`${uid}/1`);
    }
  }

  /** The whole data set of an image where its series has been loaded, else null. */
  set(image: Pick<ImageRef, 'instanceUid'> | undefined): DicomJson | null {
    return (image && this.sets.get(image.instanceUid)) ?? null;
  }

  private async fetch({ study, uid: seriesUid }: SeriesRef): Promise<Map<string, DicomJson>> {
    const sets = await this.web.seriesMetadata(study, seriesUid);
    for (const [uid, set] of sets) {
      const complete = await withTables(set, this.web.root);
      sets.set(uid, complete);
      this.sets.set(uid, complete);
    }
    return sets;
  }

  /** Attributes of an image where its series has been loaded, else null. */
  of(image: ImageRef | undefined): ImageAttributes | null {
    if (!image) return null;
    const key = `${image.instanceUid}/${image.frame}`;
    const known = this.attributes.get(key);
    if (known) return known;
    const set = this.sets.get(image.instanceUid);
    if (!set) return null;
    const attributes = attributesOf(set, image.frame);
    this.attributes.set(key, attributes);
    return attributes;
  }
}
