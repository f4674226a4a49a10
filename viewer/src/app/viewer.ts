import { Cine, initialFps } from '../core/cine';
import { Emitter } from '../core/emitter';
import { paneCount, type Layout } from '../core/layout';
import { pixelsAhead } from '../core/network';
import type { Hang } from '../core/place';
import { buildStack } from '../core/stack';
import { flippedHorizontally, flippedVertically, rotated, zoomAround } from '../core/view';
import { DicomWeb } from '../dicomweb/client';
import { MetadataStore } from '../dicomweb/store';
import { translator, type Translate } from '../i18n';
import { Marks } from '../marks/marks';
import type { Measurement } from '../tools/annotations';
import { isFullOnly, needsPixels, type ActionId, type ToolId } from '../tools/catalog';
import { Lens } from '../ui/lens';
import { PaneView, type PaneHost } from '../ui/pane-view';
import { keyImages, viewableSeries } from '../ui/series-strip';
import { Compare } from './compare';
import type { SeriesInfo, StudyInfo, ViewerContext } from './context';
import { isPhone } from './device';
import { Engine, type PixelState } from './engine';
import { KeyImages } from './key-images';
import { Links } from './links';
import { Mpr } from './mpr';
import { KeepAlive } from './session';

interface ViewerEvents {
  /** Tool, active pane, layout, cine or quality changed. */
  change: void;
  measurements: readonly Measurement[];
  /** Something that the look has to do. */
  ask: 'help' | 'report' | 'compare' | 'tags' | 'save' | 'print';
  notice: string;
  /** Something takes its time and can be given up; null when it is over. */
  progress: { text: string; share: number; cancel: () => void } | null;
  /** An earlier study was opened beside this one. */
  study: { study: StudyInfo; series: readonly SeriesInfo[] };
}

/** What one pane is to show. */
export interface Arranged {
  series: SeriesInfo;
  index: number;
  hang?: Hang;
}

/** The viewer without its looks: panes, tools, what keys and buttons do. */
export class Viewer extends Emitter<ViewerEvents> {
  readonly t: Translate;
  readonly series: SeriesInfo[];
  readonly links = new Links(() => this.panes, () => this.active);
  readonly mpr = new Mpr(this);
  readonly compare: Compare;
  readonly keys: KeyImages;
  readonly grid = document.createElement('main');
  readonly cine = new Cine(() => this.emit('change', undefined));
  panes: PaneView[] = [];
  layout: Layout = '1x1';
  tool: ToolId = 'scroll';
  readonly engine: Engine;
  readonly lens = new Lens();
  private readonly host: PaneHost;
  private activeIndex = 0;
  private paneCount = 0;

  constructor(readonly context: ViewerContext) {
    super();
    this.t = translator(context.language);
    this.series = viewableSeries(context.series, context.look);
    this.compare = new Compare(this);
    this.keys = new KeyImages(this);
    const alive = new KeepAlive(context.alive_url, () => this.active.pane.retry());
    this.host = this.makeHost(alive);
    this.engine = new Engine(this, this.host.environment.web, this.host.environment.metadata);
    this.grid.id = 'image';
    this.grid.className = 'p-vf__grid';
    this.setLayout('1x1');
    this.keys.on('change', () => {
      for (const { corners } of this.panes) corners.update();
      this.emit('change', undefined);
    });
    window.addEventListener('online', () => this.panes.forEach(({ pane }) => pane.retry()));
  }

  get active(): PaneView {
    return this.panes[this.activeIndex] ?? (this.panes[0] as PaneView);
  }

  get marks(): Marks {
    return this.host.marks;
  }

  get measurements(): Measurement[] {
    return this.engine.annotations?.list() ?? [];
  }

  get pixels(): PixelState {
    return this.engine.state;
  }

  private makeHost(alive: KeepAlive): PaneHost {
    const { context } = this;
    const web = new DicomWeb(context.dicomweb);
    const metadata = new MetadataStore(web);
    const phone = isPhone();
    return {
      context,
      t: this.t,
      environment: {
        web, metadata, pixelsAhead: (bytes) => pixelsAhead(phone, bytes), pixelsFollow: () => this.engine.isComing,
        rescue: () => this.rescue(),
      },
      marks: new Marks(context, web, metadata),
      tool: () => this.tool,
      activate: (view) => this.activate(view),
      wantsPixels: () => void this.engine.adjusted(),
      doubleTap: (view, x, y) => (context.look === 'full' && this.layout !== '1x1' ? this.setLayout('1x1') : view.toggleZoom(x, y)),
      hold: (view, x, y, phase) => this.hold(view, x, y, phase),
      turn: (view, radians) => this.mpr.turn(view.pane, radians),
      planeName: (number) => this.t('turnPlane', { plane: this.panes[number]?.pane.series?.description ?? '' }),
      drop: (view, uid) => this.drop(view, uid),
      label: (series) => this.compare.label(series),
      studyOf: (series) => this.compare.studyOf(series),
      isKey: (image) => this.keys.isKey(image),
      cancelMeasurement: (view) => this.engine.annotations?.cancel(view.pane.glElement as HTMLDivElement),
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
    this.links.draw();
    this.emit('change', undefined);
  }

  private markActive(): void {
    this.panes.forEach((view, index) => view.element.classList.toggle('is-on', this.panes.length > 1 && index === this.activeIndex));
  }

  /** Open a series in the active pane: at its middle for a volume in the simple look, where its subject is. */
  open(series: SeriesInfo, index?: number): void {
    this.cine.stop();
    const chosen = keyImages(series, this.compare.allSeries);
    if (chosen.length) return this.keys.tour(chosen);
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

  /** Open a series by its UID in another pane than the active one: what is dragged there. */
  private drop(view: PaneView, uid: string): void {
    const series = this.compare.allSeries.find((one) => one.uid === uid);
    this.activate(view);
    if (series) this.open(series);
  }

  /** Show these images, one a pane, and with `fill` the next series where there are more panes. */
  arrange(layout: Layout, images: readonly Arranged[], fill = false): void {
    this.cine.stop();
    this.activeIndex = 0;
    this.setLayout(layout, fill);
    images.forEach(({ series, index, hang }, at) => this.panes[at]?.pane.setSeries(series, index, hang));
    this.links.anchor();
    this.emit('change', undefined);
  }

  /** Show so many panes; new ones take the next series, the active one stays first when there is only one left. */
  setLayout(layout: Layout, fill = true): void {
    const count = paneCount(layout);
    const kept = count === 1 && this.panes.length ? [this.active] : this.panes.slice(0, count);
    for (const view of this.panes) if (!kept.includes(view)) this.dispose(view);
    this.panes = kept;
    while (this.panes.length < count) this.addPane(fill);
    this.layout = layout;
    this.activeIndex = Math.max(0, Math.min(this.activeIndex, count - 1));
    if (count === 1) this.activeIndex = 0;
    this.grid.dataset['layout'] = layout;
    this.grid.replaceChildren(...this.panes.map(({ element }) => element));
    this.markActive();
    this.links.anchor();
    this.links.draw();
    this.emit('change', undefined);
  }

  private addPane(fill: boolean): void {
    const view = new PaneView(`pane-${++this.paneCount}`, this.host);
    const open = new Set(this.panes.map(({ pane }) => pane.series?.uid));
    this.panes.push(view);
    view.pane.on('shown', () => this.pictureArrived());
    this.links.watch(view);
    if (this.panes.length === 1) return;
    const images = this.series.filter(({ kind }) => kind === 'image');
    const next = images.find(({ uid }) => !open.has(uid)) ?? images[0];
    if (next && fill) view.pane.setSeries(next, 0);
    if (this.pixels === 'ready') void this.engine.give(view);
  }

  private dispose(view: PaneView): void {
    this.engine.annotations?.removePane(view.pane.id);
    view.dispose();
  }

  private rescue(): boolean {
    void this.demandPixels();
    return this.pixels !== 'impossible';
  }

  /** On a fast link the pixels follow the first picture by themselves. */
  private pictureArrived(): void {
    const view = this.active.pane;
    void this.marks.load();
    if (this.context.look === 'full') void this.engine.own.load();
    if (this.pixels === 'idle' && this.engine.follows && view.series?.kind === 'image') void this.demandPixels();
  }

  demandPixels(): Promise<void> {
    return this.engine.demand();
  }

  /** Settled once the engine draws what is open. @throws where it cannot be had */
  async pixelsReady(): Promise<void> {
    await this.demandPixels();
    if (this.pixels !== 'ready') throw new Error('No engine');
  }

  /** Choose what a drag does; choosing a measuring tool or the window asks for pixels. */
  select(tool: ToolId): void {
    if (needsPixels(tool) && this.pixels === 'impossible') {
      this.emit('notice', this.t('measureNeedsPixels'));
      return;
    }
    this.tool = tool;
    this.cine.stop();
    if (needsPixels(tool)) void this.demandPixels();
    if (tool === 'window') void this.engine.adjusted();
    this.engine.annotations?.select(tool);
    this.grid.dataset['tool'] = tool;
    this.emit('change', undefined);
  }

  removeMeasurement(uid: string): void {
    this.engine.annotations?.remove(uid);
  }

  pan(dx: number, dy: number): void {
    const { pane } = this.active;
    pane.setView({ ...pane.view, panX: pane.view.panX + dx, panY: pane.view.panY + dy });
  }

  adjustWindow(dx: number, dy: number): void {
    void this.engine.adjusted();
    this.active.pane.dragWindow(dx, dy);
  }

  /** Something is held down on an image with a tool that follows the pointer. */
  private hold(view: PaneView, x: number, y: number, phase: 'down' | 'move' | 'up'): void {
    if (this.tool === 'magnify') {
      if (phase === 'up') this.lens.hide();
      else void this.lens.show(view, x, y);
    } else if (phase !== 'up') this.links.locate(view.pane, view.pane.place.at(x, y));
  }

  private toggleCine(): void {
    const { pane } = this.active;
    if (this.cine.playing) return this.cine.stop();
    this.cine.fps = initialFps(pane.attributes?.frameRate ?? null, pane.stack.length);
    this.cine.start(pane);
  }

  private stepSeries(by: number): void {
    const all = this.compare.allSeries;
    const at = all.findIndex(({ uid }) => uid === this.active.pane.series?.uid);
    const next = all[at + by];
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
      clear: () => this.engine.annotations?.clear(),
      nextSeries: () => this.stepSeries(1),
      previousSeries: () => this.stepSeries(-1),
      layout1: () => this.setLayout('1x1'),
      layout2: () => this.setLayout('1x2'),
      layout3: () => this.setLayout('2x1'),
      layout4: () => this.setLayout('2x2'),
      link: () => this.links.toggle('scroll'),
      linkLook: () => this.links.toggle('look'),
      lines: () => this.links.toggle('lines'),
      mpr: () => void this.mpr.toggle(),
      key: () => this.keys.toggleShown(),
      nextKey: () => this.keys.next(),
      secondWindow: () => void window.open(window.location.href, '_blank', 'noopener'),
      compare: () => this.emit('ask', 'compare'),
      tags: () => this.emit('ask', 'tags'),
      save: () => this.emit('ask', 'save'),
      print: () => this.emit('ask', 'print'),
      report: () => this.emit('ask', 'report'),
      help: () => this.emit('ask', 'help'),
    };
    if (this.context.look === 'simple' && isFullOnly(action)) return;
    acts[action]();
    this.emit('change', undefined);
  }
}
