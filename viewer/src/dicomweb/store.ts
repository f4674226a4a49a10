import type { ImageRef } from '../core/stack';
import { attributesOf, type ImageAttributes } from './attributes';
import type { DicomJson, DicomWeb } from './client';
import { withTables } from './palette';

/** Metadata of the study's series, each fetched once, when first needed. */
export class MetadataStore {
  private readonly series = new Map<string, Promise<Map<string, DicomJson>>>();
  private readonly sets = new Map<string, DicomJson>();
  private readonly attributes = new Map<string, ImageAttributes>();

  constructor(private readonly web: DicomWeb) {}

  /**
   * The data sets of a series by SOP Instance UID. A failed request is forgotten, so that asking again tries again.
   * @throws RequestFailure
   */
  load(seriesUid: string): Promise<Map<string, DicomJson>> {
    let promise = this.series.get(seriesUid);
    if (!promise) {
      promise = this.fetch(seriesUid);
      this.series.set(seriesUid, promise);
      promise.catch(() => this.series.delete(seriesUid));
    }
    return promise;
  }

  private async fetch(seriesUid: string): Promise<Map<string, DicomJson>> {
    const sets = await this.web.seriesMetadata(seriesUid);
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

  /** The data set of an instance where its series has been loaded, else null. */
  set(instanceUid: string): DicomJson | null {
    return this.sets.get(instanceUid) ?? null;
  }
}
