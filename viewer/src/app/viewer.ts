import { Cine, initialFps } from '../core/cine';
import { Emitter } from '../core/emitter';
import { isMeasuring } from '../core/gestures';
import { deviceMemory, hasWebGl, isFastLink } from '../core/network';
import { buildStack } from '../core/stack';
import { flippedHorizontally, flippedVertically, rotated, zoomAround } from '../core/view';
import { DicomWeb, text } from '../dicomweb/client';
import { MetadataStore } from '../dicomweb/store';
import { translator, type Translate } from '../i18n';
import { Marks } from '../marks/marks';
import type { Annotations, Measurement } from '../tools/annotations';
import type { ActionId, ToolId } from '../tools/catalog';
import { Kept, type KeptItem } from '../tools/kept';
import { PaneView, type PaneHost } from '../ui/pane-view';
import { keyImages, viewableSeries } from '../ui/series-strip';
import type { SeriesInfo, ViewerContext } from './context';
import { KeepAlive } from './session';

export type LayoutCount = 1 | 2 | 4;

/** `idle`: pictures only so far; `impossible`: this browser has no WebGL. */
export type PixelState = 'idle' | 'loading' | 'ready' | 'impossible';

interface ViewerEvents {
  /** Tool, active pane, layout, cine or quality changed. */
  change: void;
  measurements: readonly Measurement[];
  /** Something that the look has to do: help, report. */
  ask: 'help' | 'report';
  notice: string;
}

/** The viewer without its looks: panes, tools, what keys and buttons do. */
export class Viewer extends Emitter<ViewerEvents> {
  readonly t: Translate;
  readonly series: SeriesInfo[];
  readonly grid = document.createElement('main');
  readonly cine = new Cine(() => this.emit('change', undefined));
  panes: PaneView[] = [];
  layout: LayoutCount = 1;
  tool: ToolId = 'scroll';
  pixels: PixelState;
  private readonly host: PaneHost;
  private annotations: Annotations | null = null;
  private readonly kept: Kept | null;
  /** Kept measurements that this viewer cannot draw; they are kept on. */
  private readonly notRestored: KeptItem[] = [];
  private activeIndex = 0;
  private paneCount = 0;

  constructor(readonly context: ViewerContext) {
    super();
    this.t = translator(context.language);
    this.series = viewableSeries(context.series, context.look);
    this.pixels = hasWebGl() ? 'idle' : 'impossible';
    const { measurements_url: keptAt } = context;
    this.kept = keptAt ? new Kept(keptAt, () => this.emit('notice', this.t('measurementsNotKept'))) : null;
    const alive = new KeepAlive(context.alive_url, () => this.active.pane.retry());
    this.host = this.makeHost(alive);
    this.grid.id = 'image';
    this.grid.className = 'p-vf__grid';
    this.setLayout(1);
    window.addEventListener('online', () => this.panes.forEach(({ pane }) => pane.retry()));
  }

  get active(): PaneView {
    return this.panes[this.activeIndex] ?? (this.panes[0] as PaneView);
  }

  get marks(): Marks {
    return this.host.marks;
  }

  get measurements(): Measurement[] {
    return this.annotations?.list() ?? [];
  }

  private makeHost(alive: KeepAlive): PaneHost {
    const { context } = this;
    const web = new DicomWeb(context.dicomweb, context.study.uid);
    const metadata = new MetadataStore(web);
    const phone = isPhone();
    const pixelsFollow = () => this.pixels === 'loading' || (this.pixels === 'idle' && isFastLink());
    return {
      context,
      t: this.t,
      environment: { web, metadata, prefetchLimit: phone ? 24 : 30 * deviceMemory(), pixelsFollow, rescue: () => this.rescue() },
      marks: new Marks(context, web, metadata),
      tool: () => this.tool,
      activate: (view) => this.activate(view),
      wantsPixels: () => void this.demandPixels(),
      doubleTap: (view, x, y) => (context.look === 'full' && this.layout > 1 ? this.setLayout(1) : view.toggleZoom(x, y)),
      cancelMeasurement: (view) => this.annotations?.cancel(view.pane.glElement as HTMLDivElement),
      failed: () => this.cine.stop(),
      interacted: () => alive.interacted(),
    };
  }

  activate(view: PaneView): void {
    const index = this.panes.indexOf(view);
    if (index < 0 || index === this.activeIndex) return;
    this.cine.stop();
    this.activeIndex = index;
    this.markActive();
    this.emit('change', undefined);
  }

  private markActive(): void {
    this.panes.forEach((view, index) => view.element.classList.toggle('is-on', this.layout > 1 && index === this.activeIndex));
  }

  /** Open a series in the active pane: at its middle for a volume in the simple look, where its subject is. */
  open(series: SeriesInfo, index?: number): void {
    this.cine.stop();
    const chosen = keyImages(series, this.series);
    if (chosen.length) return this.openKeyImage(chosen);
    if (index === undefined && this.marks.isMark(series)) return void this.openMarked(series);
    const volume = ['CT', 'MR', 'PT'].includes(series.modality) && this.context.look === 'simple';
    this.active.pane.setSeries(series, index ?? (volume ? Math.floor(series.count / 2) : 0));
    this.emit('change', undefined);
  }

  /** The image that marks belong to, with them on it; without one the pane says what it is. */
  private async openMarked(marks: SeriesInfo): Promise<void> {
    const target = await this.marks.target(marks).catch(() => null);
    const series = this.series.find(({ uid }) => uid === target?.series);
    if (!target || !series) return this.open(marks, 0);
    const index = buildStack(series).findIndex((one) => one.instanceUid === target.instance && one.frame === target.frame);
    const { pane } = this.active;
    if (pane.series?.uid !== series.uid) this.open(series, Math.max(0, index));
    else pane.setIndex(Math.max(0, index));
  }

  /** The first of the key images, or the one after that which is shown. */
  private openKeyImage(chosen: { series: SeriesInfo; index: number }[]): void {
    const { pane } = this.active;
    const shown = chosen.findIndex(({ series, index }) => pane.series?.uid === series.uid && pane.index === index);
    const next = chosen[(shown + 1) % chosen.length];
    if (next) this.open(next.series, next.index);
  }

  /** Show `count` panes; new ones take the next series, the active one stays first when there is only one left. */
  setLayout(count: LayoutCount): void {
    const kept = count === 1 && this.panes.length ? [this.active] : this.panes.slice(0, count);
    for (const view of this.panes) if (!kept.includes(view)) this.dispose(view);
    this.panes = kept;
    while (this.panes.length < count) this.addPane();
    this.layout = count;
    this.activeIndex = Math.max(0, Math.min(this.activeIndex, count - 1));
    if (count === 1) this.activeIndex = 0;
    this.grid.dataset['layout'] = String(count);
    this.grid.replaceChildren(...this.panes.map(({ element }) => element));
    this.markActive();
    this.emit('change', undefined);
  }

  private addPane(): void {
    const view = new PaneView(`pane-${++this.paneCount}`, this.host);
    const open = new Set(this.panes.map(({ pane }) => pane.series?.uid));
    this.panes.push(view);
    view.pane.on('shown', () => this.pictureArrived());
    if (this.panes.length === 1) return;
    const images = this.series.filter(({ kind }) => kind === 'image');
    const next = images.find(({ uid }) => !open.has(uid)) ?? images[0];
    if (next) view.pane.setSeries(next, 0);
    if (this.pixels === 'ready') void this.givePixels(view);
  }

  private dispose(view: PaneView): void {
    this.annotations?.removePane(view.pane.id);
    view.pane.destroy();
  }

  private rescue(): boolean {
    void this.demandPixels();
    return this.pixels !== 'impossible';
  }

  /** On a fast link the pixels follow the first picture by themselves. */
  private pictureArrived(): void {
    const view = this.active.pane;
    void this.marks.load();
    if (this.pixels === 'idle' && isFastLink() && view.series?.kind === 'image') void this.demandPixels();
  }

  /** Load the engine, once, and let every pane show diagnostic pixels. */
  async demandPixels(): Promise<void> {
    if (this.pixels !== 'idle') return;
    this.setPixels('loading');
    try {
      await this.active.pane.firstPixels; // the engine keeps the page busy: the first image goes before it
      const [{ startEngine }, { Annotations }] = await Promise.all([import('../core/pixels'), import('../tools/annotations')]);
      startEngine(isPhone());
      this.annotations = new Annotations(this.t('locale'), () => this.measured());
      for (const view of this.panes) await this.givePixels(view);
      this.annotations.select(this.tool);
      this.setPixels('ready');
      void this.restoreMeasurements(this.annotations);
    } catch (error) {
      // The code itself did not come: stay with pictures, and try again when asked again.
      this.setPixels('idle');
      this.emit('notice', this.t('failOffline'));
      throw error;
    }
  }

  private measured(): void {
    this.emit('measurements', this.measurements);
    const own = new Set(this.context.series.flatMap(({ instances }) => instances.map(({ uid }) => uid)));
    this.kept?.later(() => [...(this.annotations?.items() ?? []).filter(({ instance }) => own.has(instance)), ...this.notRestored]);
  }

  /** Put back what this person measured before; where that fails nothing is kept either, and the person is told. */
  private async restoreMeasurements(annotations: Annotations): Promise<void> {
    const { environment } = this.host;
    try {
      for (const item of (await this.kept?.read()) ?? []) {
        const set = (await environment.metadata.load(item.series)).get(item.instance);
        const image = { seriesUid: item.series, instanceUid: item.instance, frame: item.frame };
        const space = set && (text(set, '00200052') || 'undefined');
        if (!space || !annotations.restore(item, `wadors:${environment.web.frameUrl(image)}`, space)) this.notRestored.push(item);
      }
      annotations.restored();
    } catch {
      this.emit('notice', this.t('measurementsNotKept'));
    }
  }

  /** Have what waits kept, then take all measurements as a DICOM file. */
  async downloadMeasurements(): Promise<void> {
    if (!this.kept) return;
    await this.kept.flush();
    window.location.assign(`${this.kept.url}/report.dcm`);
  }

  private setPixels(state: PixelState): void {
    this.pixels = state;
    this.emit('change', undefined);
  }

  private async givePixels({ pane }: PaneView): Promise<void> {
    const { PixelLayer } = await import('../core/pixels');
    if (pane.hasPixels || !this.annotations) return;
    const layer = new PixelLayer(pane.id, pane.glElement, this.host.environment.web);
    this.annotations.addPane(pane.id);
    pane.usePixels(layer);
  }

  /** Choose what a drag does; choosing a measuring tool or the window asks for pixels. */
  select(tool: ToolId): void {
    if (isMeasuring(tool) && this.pixels === 'impossible') {
      this.emit('notice', this.t('measureNeedsPixels'));
      return;
    }
    this.tool = tool;
    this.cine.stop();
    if (isMeasuring(tool) || tool === 'window') void this.demandPixels();
    this.annotations?.select(tool);
    this.grid.dataset['tool'] = tool;
    this.emit('change', undefined);
  }

  removeMeasurement(uid: string): void {
    this.annotations?.remove(uid);
  }

  pan(dx: number, dy: number): void {
    const { pane } = this.active;
    pane.setView({ ...pane.view, panX: pane.view.panX + dx, panY: pane.view.panY + dy });
  }

  adjustWindow(dx: number, dy: number): void {
    void this.demandPixels();
    this.active.pane.dragWindow(dx, dy);
  }

  private toggleCine(): void {
    const { pane } = this.active;
    if (this.cine.playing) return this.cine.stop();
    this.cine.fps = initialFps(pane.attributes?.frameRate ?? null, pane.stack.length);
    this.cine.start(pane);
  }

  private stepSeries(by: number): void {
    const at = this.series.findIndex(({ uid }) => uid === this.active.pane.series?.uid);
    const next = this.series[at + by];
    if (next) this.open(next);
  }

  private toggleFullscreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen?.();
  }

  /** Do what a button or key says. */
  act(action: ActionId): void {
    const { pane } = this.active;
    const acts: Record<ActionId, () => void> = {
      next: () => pane.setIndex(pane.index + 1),
      previous: () => pane.setIndex(pane.index - 1),
      forward10: () => pane.setIndex(pane.index + 10),
      back10: () => pane.setIndex(pane.index - 10),
      first: () => pane.setIndex(0),
      last: () => pane.setIndex(pane.stack.length - 1),
      zoomIn: () => pane.setView(zoomAround(pane.view, 1.25, 0, 0)),
      zoomOut: () => pane.setView(zoomAround(pane.view, 0.8, 0, 0)),
      rotate: () => pane.setView(rotated(pane.view)),
      flipH: () => pane.setView(flippedHorizontally(pane.view)),
      flipV: () => pane.setView(flippedVertically(pane.view)),
      invert: () => pane.setView({ ...pane.view, invert: !pane.view.invert }),
      reset: () => pane.reset(),
      cine: () => this.toggleCine(),
      fullscreen: () => this.toggleFullscreen(),
      clear: () => this.annotations?.clear(),
      nextSeries: () => this.stepSeries(1),
      previousSeries: () => this.stepSeries(-1),
      layout1: () => this.context.look === 'full' && this.setLayout(1),
      layout2: () => this.context.look === 'full' && this.setLayout(2),
      layout4: () => this.context.look === 'full' && this.setLayout(4),
      report: () => this.emit('ask', 'report'),
      help: () => this.emit('ask', 'help'),
    };
    acts[action]();
    this.emit('change', undefined);
  }
}

function isPhone(): boolean {
  return window.matchMedia('(pointer: coarse) and (max-width: 900px)').matches;
}
