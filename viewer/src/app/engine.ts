import { mayBeExact, suggestWindow } from '../core/exact';
import { hasWebGl, isFastLink } from '../core/network';
import { buildStack } from '../core/stack';
import type { DicomWeb } from '../dicomweb/client';
import type { MetadataStore } from '../dicomweb/store';
import type { Annotations } from '../tools/annotations';
import { needsPixels } from '../tools/catalog';
import { askText } from '../ui/ask-text';
import type { PaneView } from '../ui/pane-view';
import { isPhone } from './device';
import { OwnMeasurements } from './own-measurements';
import type { SeriesInfo } from './context';
import type { Viewer } from './viewer';

/** `idle`: pictures only so far; `impossible`: this browser has no WebGL, as was seen when the engine was to start. */
export type PixelState = 'idle' | 'loading' | 'ready' | 'impossible';

const SAVING = 'placa.viewer.saving';
/** Graphics that are taken away twice in so short a time are not asked for again. */
const STEADY_MS = 10_000;

/** What was drawn is on screen; soon after at the latest, as a page that nobody looks at is not painted. */
function painted(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => window.setTimeout(done));
    window.setTimeout(done, 200);
  });
}

/** Which of the two draws: the engine, or the server where data are saved and where the browser has no graphics. */
export class Engine {
  state: PixelState = 'idle';
  annotations: Annotations | null = null;
  readonly own: OwnMeasurements;
  private starting: Promise<void> | null = null;
  private lostAt = -Infinity;
  private saving = false;
  private suggesting = false;

  constructor(private readonly viewer: Viewer, private readonly web: DicomWeb, private readonly metadata: MetadataStore) {
    const { context, t } = viewer;
    this.own = new OwnMeasurements(context, web, metadata, viewer.keys, () => viewer.emit('notice', t('measurementsNotKept')));
    try {
      this.saving = context.look === 'simple' && localStorage.getItem(SAVING) === 'on';
    } catch {
      // Without storage each page begins anew.
    }
  }

  /** Whether pixels follow the pictures without being asked for: not on a slow link, nor where somebody switched them off. */
  get follows(): boolean {
    return !this.saving && isFastLink();
  }

  /** True while diagnostic pixels are on the way. */
  get isComing(): boolean {
    return this.state === 'loading' || (this.state === 'idle' && this.follows);
  }

  /** Ask for what a first image needs, while the page around it is still being built. */
  begin(series: SeriesInfo, index: number): void {
    const image = buildStack(series)[index];
    if (!image || series.kind !== 'image' || !this.isComing || !mayBeExact(image)) return;
    this.web.begin(image);
    this.metadata.load(series).catch(() => undefined);
  }

  /** Load the engine, once, and let every pane show diagnostic pixels. */
  demand(): Promise<void> {
    if (this.state === 'idle') this.starting = this.start();
    return this.starting ?? Promise.resolve();
  }

  /** Grey values are adjusted: who saves data, or has no graphics, sees them adjusted by the server. */
  async adjusted(): Promise<void> {
    if (this.viewer.context.look === 'full' || this.follows) await this.demand();
    if (this.suggesting || (this.state !== 'idle' && this.state !== 'impossible')) return;
    this.suggesting = true;
    const { pane } = this.viewer.active;
    const found = await suggestWindow(pane.stack, pane.index, this.web, this.metadata).catch(() => false);
    this.suggesting = false;
    if (found) pane.emit('shown', undefined);
  }

  /** The person's own choice: the original data, or the server's pictures for as long as they do on this device. */
  choose(full: boolean): void {
    this.saving = !full;
    try {
      if (full) localStorage.removeItem(SAVING);
      else localStorage.setItem(SAVING, 'on');
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    if (full) return void this.demand();
    if (this.state !== 'ready') return;
    this.drop('idle');
    if (needsPixels(this.viewer.tool)) this.viewer.select('scroll');
  }

  private async start(): Promise<void> {
    this.set('loading');
    const { viewer } = this;
    try {
      await viewer.active.pane.firstPixels; // looking for graphics, and the engine, keep the page busy: the first image goes before them
      await painted();
      if (!hasWebGl()) return this.refused();
      const [{ onContextLost, startEngine }, { Annotations: Tools }] = await Promise.all([import('../core/pixels'), import('../tools/annotations')]);
      startEngine(isPhone());
      const first = !this.annotations;
      this.annotations ??= new Tools(viewer.t, () => this.measured(), (done) => askText(viewer.t, done));
      for (const view of viewer.panes) await this.give(view);
      this.annotations.select(viewer.tool);
      this.set('ready');
      if (!first) return;
      onContextLost(() => void this.lost());
      void this.own.restore(this.annotations);
    } catch (error) {
      // The code itself did not come: stay with pictures, and try again when asked again.
      this.set('idle');
      viewer.emit('notice', viewer.t('failOffline'));
      throw error;
    }
  }

  /** Let a pane draw with the engine, where it runs. */
  async give({ pane }: PaneView): Promise<void> {
    const { PixelLayer } = await import('../core/pixels');
    if (pane.layer || !this.annotations) return;
    const layer = new PixelLayer(pane.id, pane.glElement, this.web);
    this.annotations.addPane(pane.id);
    pane.usePixels(layer);
  }

  /** The browser took the graphics away: the server draws until they are there again, or from now on. */
  private async lost(): Promise<void> {
    const { stopEngine } = await import('../core/pixels');
    const unsteady = performance.now() - this.lostAt < STEADY_MS;
    this.lostAt = performance.now();
    this.viewer.lens.forget();
    this.drop(!unsteady && hasWebGl() ? 'idle' : 'impossible');
    stopEngine();
    if (this.state === 'idle') await this.demand();
    else this.without();
  }

  private refused(): void {
    const { viewer } = this;
    this.set('impossible');
    if (needsPixels(viewer.tool)) viewer.select('scroll');
    this.without();
    for (const { pane } of viewer.panes) pane.retry();
  }

  private without(): void {
    const { mpr, t } = this.viewer;
    if (mpr.state !== 'off') mpr.end();
    this.viewer.emit('notice', t('noWebgl'));
  }

  private drop(state: PixelState): void {
    for (const { pane } of this.viewer.panes) {
      this.annotations?.removePane(pane.id);
      pane.dropPixels();
    }
    this.set(state);
  }

  private measured(): void {
    this.viewer.emit('measurements', this.viewer.measurements);
    this.own.changed();
  }

  private set(state: PixelState): void {
    this.state = state;
    this.viewer.emit('change', undefined);
  }
}
