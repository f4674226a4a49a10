/** What this person keeps on the study of the page, measurements and key images: read once, drawn when the engine runs, sent after each change. */
import type { DicomWeb } from '../dicomweb/client';
import { text } from '../dicomweb/client';
import type { MetadataStore } from '../dicomweb/store';
import type { Annotations } from '../tools/annotations';
import { Kept, type KeptItem } from '../tools/kept';
import type { ViewerContext } from './context';
import type { KeyImages } from './key-images';

const KEY = 'key';

export class OwnMeasurements {
  private readonly kept: Kept | null;
  /** Images of the page's own study: what is measured on an earlier one beside it is kept nowhere. */
  private readonly own: Set<string>;
  /** Kept measurements that are not drawn: not yet, or not by this viewer. They are kept on. */
  private waiting: KeptItem[] = [];
  private annotations: Annotations | null = null;
  private loading: Promise<void> | null = null;
  private complete = false;

  constructor(
    private readonly context: ViewerContext, private readonly web: DicomWeb, private readonly metadata: MetadataStore,
    private readonly keys: KeyImages, private readonly failed: () => void,
  ) {
    this.kept = context.measurements_url ? new Kept(context.measurements_url, failed) : null;
    this.own = new Set(context.series.flatMap(({ instances }) => instances.map(({ uid }) => uid)));
    keys.on('change', () => this.changed());
  }

  /** Something was measured, marked, changed or removed. Nothing is sent before all that was kept is here: it would be overwritten. */
  changed(): void {
    if (this.complete) this.kept?.later(() => this.items());
  }

  private items(): KeptItem[] {
    const drawn = this.annotations?.items().filter(({ instance }) => this.own.has(instance)) ?? [];
    const marked = this.keys.list.map((place) => ({ tool: KEY, ...place, points: [], image: [], values: [] }));
    return [...drawn, ...this.waiting, ...marked];
  }

  /** Read what was kept, once; where that fails nothing is kept either, and the person is told. */
  load(): Promise<void> {
    this.loading ??= this.read();
    return this.loading;
  }

  private async read(): Promise<void> {
    if (!this.kept) return;
    try {
      const items = await this.kept.read();
      this.waiting = items.filter(({ tool }) => tool !== KEY);
      this.complete = true;
      this.keys.restore(items.filter(({ tool }) => tool === KEY));
    } catch {
      this.failed();
    }
  }

  /** Draw what this person measured before. */
  async restore(annotations: Annotations): Promise<void> {
    this.annotations = annotations;
    await this.load();
    try {
      for (const item of this.waiting) {
        if (await this.putBack(item, annotations)) this.waiting = this.waiting.filter((one) => one !== item);
      }
      annotations.restored();
    } catch {
      this.failed(); // what is not drawn is kept on
    }
  }

  private async putBack(item: KeptItem, annotations: Annotations): Promise<boolean> {
    if (!this.own.has(item.instance)) return false;
    const study = this.context.study.uid;
    const set = (await this.metadata.load({ study, uid: item.series })).get(item.instance);
    const space = set && (text(set, '00200052') || 'undefined');
    const image = { studyUid: study, seriesUid: item.series, instanceUid: item.instance, frame: item.frame };
    return Boolean(space) && annotations.restore(item, `wadors:${this.web.frameUrl(image)}`, space as string);
  }

  /** Have what waits kept, then take all measurements, or all key images, as a DICOM file. */
  async download(what: 'report' | 'key-images'): Promise<void> {
    if (!this.kept) return;
    await this.kept.flush();
    window.location.assign(`${this.kept.url}/${what}.dcm`);
  }
}
