/** All that lies over the images of a study, loaded when first asked for, and what of it is to be seen. */
import type { SeriesInfo, ViewerContext } from '../app/context';
import { Emitter } from '../core/emitter';
import type { ImageRef } from '../core/stack';
import { numbers, text, type DicomWeb } from '../dicomweb/client';
import { bytesOf } from '../dicomweb/palette';
import type { MetadataStore } from '../dicomweb/store';
import type { MessageKey } from '../i18n';
import { bitmap, bitsInPixels, bitsOf, overlaysOf, type OverlayPlane, type Rgb } from './overlays';
import { isOf, presentationOf, type Presentation } from './presentation';
import { framesOver, segmentationOf, type ImagePlace, type Segment, type Segmentation } from './segmentation';

const PLANE_COLOR: Rgb = [255, 255, 255];
/** Of pictures that were drawn: points, four bytes each. */
const MOST_POINTS = 16 * 1024 * 1024;
/** What of an image does not matter where its data set is here. */
const NOWHERE = { studyUid: '', seriesUid: '', frames: 1, transferSyntax: '', made: false };

/** A picture over the image, from (column, row) of its top left corner. */
export interface Cover {
  picture: HTMLCanvasElement;
  column: number;
  row: number;
  opacity: number;
}

export interface SegmentChoice extends Segment {
  key: string;
  of: string;
  shown: boolean;
}

export class Marks extends Emitter<{ change: void }> {
  presentations: Presentation[] = [];
  segmentations: Segmentation[] = [];
  overlaysShown = true;
  presentationsShown: boolean;
  private chosen: string | null = null;
  private readonly visible = new Set<string>();
  private readonly pictures = new Map<string, { points: number; drawn: Promise<HTMLCanvasElement | null> }>();
  private loading: Promise<void> | null = null;

  constructor(
    private readonly context: ViewerContext, private readonly web: DicomWeb, private readonly metadata: MetadataStore,
  ) {
    super();
    // Somebody else's words on an image are for those who read reports: in the simple look there is the image itself.
    this.presentationsShown = context.look === 'full';
  }

  /** Series that are drawn over others. */
  isMark(series: SeriesInfo): boolean {
    return this.context.look === 'full' && (series.family === 'marks' || series.family === 'segmentation');
  }

  /** Read presentations and segmentations of the study, once; what cannot be read is left out. */
  load(): Promise<void> {
    this.loading ??= this.read();
    return this.loading;
  }

  private async read(): Promise<void> {
    for (const series of this.context.series.filter((one) => this.isMark(one))) {
      try {
        for (const set of (await this.metadata.load(series)).values()) {
          if (items(set)) this.presentations.push(presentationOf(set));
          else if (numbers(set, '00280010').length) this.segmentations.push(segmentationOf(set));
        }
      } catch {
        this.loading = null; // a request failed: asking again tries again
      }
    }
    this.emit('change', undefined);
  }

  /** The image that a series of marks is about, with those marks switched on; null where this study has none. */
  async target(series: SeriesInfo): Promise<{ series: string; instance: string; frame: number } | null> {
    await this.load();
    const uids = new Set(series.instances.map(({ uid }) => uid));
    const presentation = this.presentations.find(({ uid }) => uids.has(uid));
    const image = presentation?.images.find((one) => this.has(one.series, one.instance));
    if (presentation && image) {
      [this.presentationsShown, this.chosen] = [true, presentation.uid];
      this.emit('change', undefined);
      return { series: image.series, instance: image.instance, frame: image.frames[0] ?? 1 };
    }
    const segmentation = this.segmentations.find(({ uid }) => uids.has(uid));
    return segmentation ? this.targetOf(segmentation) : null;
  }

  private async targetOf(segmentation: Segmentation): Promise<{ series: string; instance: string; frame: number } | null> {
    for (const { number } of segmentation.segments) this.visible.add(`${segmentation.uid}/${number}`);
    this.emit('change', undefined);
    for (const { study, uid, instances } of this.context.series.filter((one) => one.kind === 'image')) {
      if (segmentation.sources.length && !segmentation.sources.includes(uid)) continue;
      await this.metadata.load({ study, uid });
      for (const one of instances) {
        for (let frame = 1; frame <= Math.max(1, one.frames); frame += 1) {
          const place = this.place({ ...NOWHERE, instanceUid: one.uid, frame, rows: one.rows, columns: one.columns });
          if (place && framesOver(segmentation, place).length) return { series: uid, instance: one.uid, frame };
        }
      }
    }
    return null;
  }

  private has(series: string, instance: string): boolean {
    return this.context.series.some((one) => one.uid === series && one.instances.some(({ uid }) => uid === instance));
  }

  private place(image: ImageRef): ImagePlace | null {
    const set = this.metadata.set(image);
    const attributes = this.metadata.of(image);
    return set && attributes && {
      instance: image.instanceUid, frame: image.frame, rows: image.rows, columns: image.columns,
      position: attributes.position, orientation: attributes.orientation, frameOfReference: text(set, '00200052'),
    };
  }

  /** The presentation that an image is shown with, null for none. */
  presentationOf(image: ImageRef | undefined): Presentation | null {
    if (!image || !this.presentationsShown) return null;
    const about = this.presentations.filter((one) => isOf(one, image.instanceUid, image.frame));
    return about.find(({ uid }) => uid === this.chosen) ?? about[about.length - 1] ?? null;
  }

  get segments(): SegmentChoice[] {
    return this.segmentations.flatMap(({ uid, label, segments }) => segments.map((one) => {
      const key = `${uid}/${one.number}`;
      return { ...one, key, of: label, shown: this.visible.has(key) };
    }));
  }

  show(what: 'overlays' | 'presentations', shown: boolean): void {
    if (what === 'overlays') this.overlaysShown = shown;
    else this.presentationsShown = shown;
    this.emit('change', undefined);
  }

  showSegment(key: string, shown: boolean): void {
    if (shown) this.visible.add(key);
    else this.visible.delete(key);
    this.emit('change', undefined);
  }

  /**
   * What covers an image: its overlay planes and the segments that are switched on. Parts that cannot be had are left out.
   */
  async covers(image: ImageRef): Promise<Cover[]> {
    const set = this.metadata.set(image);
    if (!set) return [];
    const presentation = this.presentationOf(image);
    const own = presentation?.planes ?? [];
    // of the image's planes a presentation shows those that it names, and its own in the place of one of the same number
    const planes = (this.overlaysShown ? overlaysOf(set, image.frame) : []).flatMap((plane) => {
      const color = presentation ? presentation.activated.get(plane.group) : PLANE_COLOR;
      return color && !own.some(({ group }) => group === plane.group) ? [{ ...plane, color }] : [];
    });
    const all = await Promise.all([
      ...planes.map((plane) => this.planeCover(image, plane, `${image.instanceUid}/${image.frame}`)),
      ...own.map((plane) => this.planeCover(image, plane, presentation?.uid ?? '')), ...this.segmentCovers(image),
    ]);
    return all.filter((one): one is Cover => one !== null);
  }

  private async planeCover(image: ImageRef, plane: OverlayPlane & { color: Rgb }, of: string): Promise<Cover | null> {
    const { rows, columns, origin, group, color } = plane;
    const picture = await this.picture(`${of}/${group}/${color.join()}`, rows * columns, () => this.drawPlane(image, plane));
    return picture && { picture, column: origin[1] - 1, row: origin[0] - 1, opacity: 1 };
  }

  /** What of its presentation is not done over an image. */
  gaps(image: ImageRef | undefined): MessageKey[] {
    const [presentation, set] = [this.presentationOf(image), this.metadata.set(image)];
    return image && presentation && set ? presentation.gaps(image.instanceUid, image.frame, set) : [];
  }

  private segmentCovers(image: ImageRef): Promise<Cover | null>[] {
    const place = this.visible.size ? this.place(image) : null;
    if (!place) return [];
    return this.segmentations.flatMap((segmentation) => framesOver(segmentation, place).flatMap(({ frame, segment }) =>
      segmentation.segments.filter(({ number }) => (!segment || number === segment) && this.visible.has(`${segmentation.uid}/${number}`))
        .map(async (one): Promise<Cover | null> => {
          const key = `${segmentation.uid}/${frame}/${one.number}`;
          const picture = await this.picture(key, segmentation.rows * segmentation.columns, () => this.drawSegment(segmentation, frame, one, segment === 0));
          return picture && { picture, column: 0, row: 0, opacity: 0.45 };
        })));
  }

  private picture(key: string, points: number, draw: () => Promise<HTMLCanvasElement | null>): Promise<HTMLCanvasElement | null> {
    const known = this.pictures.get(key);
    if (known) return known.drawn;
    const drawn = draw().catch(() => {
      this.pictures.delete(key); // a request failed: showing it again asks again
      return null;
    });
    this.pictures.set(key, { points, drawn });
    let held = 0;
    for (const [one, { points: its }] of [...this.pictures].reverse()) {
      held += its;
      if (held > MOST_POINTS && one !== key) this.pictures.delete(one);
    }
    return drawn;
  }

  private async drawPlane(image: ImageRef, plane: OverlayPlane & { color: Rgb }): Promise<HTMLCanvasElement | null> {
    const count = plane.rows * plane.columns;
    const bytes = plane.data ? await bytesOf(plane.data, this.web.root) : await this.web.plainFrame(image);
    if (!bytes) return null;
    const bits = plane.data ? bitsOf(bytes, count, plane.skip) : bitsInPixels(bytes, count, plane.bit);
    return bitmap(bits, plane.columns, plane.rows, plane.color);
  }

  private async drawSegment(segmentation: Segmentation, frame: number, segment: Segment, labelled: boolean): Promise<HTMLCanvasElement> {
    const { rows, columns } = segmentation;
    const ref = { ...NOWHERE, studyUid: this.context.study.uid, seriesUid: segmentation.series, instanceUid: segmentation.uid, frame, rows, columns };
    const bytes = await this.web.plainFrame(ref);
    const count = rows * columns;
    if (labelled) {
      const values = bytes.length >= 2 * count ? new Uint16Array(bytes.slice(0, 2 * count).buffer) : bytes;
      return bitmap(Uint8Array.from({ length: count }, (_, at) => Number(values[at] === segment.number)), columns, rows, segment.color);
    }
    // frames of single bits come packed where they begin at a byte, else one value a byte
    return bitmap(bytes.length >= count ? bytes : bitsOf(bytes, count), columns, rows, segment.color, segmentation.most);
  }
}

/** Whether a data set is a presentation state: it has a presentation's label. */
function items(set: Parameters<typeof text>[0]): boolean {
  return text(set, '00080060') === 'PR' || Boolean(set['00700001'] ?? set['0070005A']);
}
