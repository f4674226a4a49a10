/** The measurements that this person keeps on the study of the page: put back when the engine starts, sent after each change. */
import type { DicomWeb } from '../dicomweb/client';
import { text } from '../dicomweb/client';
import type { MetadataStore } from '../dicomweb/store';
import type { Annotations } from '../tools/annotations';
import { Kept, type KeptItem } from '../tools/kept';
import type { ViewerContext } from './context';

export class OwnMeasurements {
  private readonly kept: Kept | null;
  /** Images of the page's own study: what is measured on an earlier one beside it is kept nowhere. */
  private readonly own: Set<string>;
  /** Kept measurements that this viewer cannot draw; they are kept on. */
  private readonly notRestored: KeptItem[] = [];
  private complete = false;

  constructor(
    private readonly context: ViewerContext, private readonly web: DicomWeb, private readonly metadata: MetadataStore,
    private readonly failed: () => void,
  ) {
    this.kept = context.measurements_url ? new Kept(context.measurements_url, failed) : null;
    this.own = new Set(context.series.flatMap(({ instances }) => instances.map(({ uid }) => uid)));
  }

  /** Something was measured, changed or removed. Nothing is sent before all that was kept is back: it would be overwritten. */
  changed(annotations: Annotations): void {
    if (!this.complete) return;
    this.kept?.later(() => [...annotations.items().filter(({ instance }) => this.own.has(instance)), ...this.notRestored]);
  }

  /** Put back what this person measured before; where that fails nothing is kept either, and the person is told. */
  async restore(annotations: Annotations): Promise<void> {
    if (!this.kept) return;
    try {
      for (const item of await this.kept.read()) {
        if (!(await this.putBack(item, annotations))) this.notRestored.push(item);
      }
      this.complete = true;
      annotations.restored();
    } catch {
      this.failed();
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

  /** Have what waits kept, then take all measurements as a DICOM file. */
  async download(): Promise<void> {
    if (!this.kept) return;
    await this.kept.flush();
    window.location.assign(`${this.kept.url}/report.dcm`);
  }
}
