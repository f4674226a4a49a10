import type { SeriesInfo } from '../app/context';
import type { ImageAttributes } from '../dicomweb/attributes';
import { RequestFailure, type DicomWeb } from '../dicomweb/client';
import type { MetadataStore } from '../dicomweb/store';
import { Ahead } from './ahead';
import { BasePane } from './base-pane';
import { exactImage, mayBeExact } from './exact';
import { PLAIN, Place, type Hang } from './place';
import { JpegLayer } from './jpeg-layer';
import { pictureUrl, type Asked } from './pictures';
import type { PixelLayer } from './pixels';
import { buildStack, clampIndex, prefetchOrder, type ImageRef } from './stack';
import { Trouble } from './trouble';
import type { ViewState } from './view';
import type { Window } from './window';

const SETTLE_MS = 60;
/** Of pictures, and of planes of a volume: these are computed when they are asked for. */
const FEW_AHEAD = 6;
const NEAR = 12; // so many images around the one on screen go on loading when it changes

export interface PaneEnvironment {
  web: DicomWeb;
  metadata: MetadataStore;
  /** How many images of so many bytes are worth loading ahead. */
  pixelsAhead(bytes: number): number;
  /** True while diagnostic pixels are on the way, so that no more pictures are worth fetching ahead. */
  pixelsFollow(): boolean;
  /** Asked when the server could not make a picture: true where diagnostic pixels are on the way instead. */
  rescue(): boolean;
}

/** One place on screen with one series: which image, how it lies, what window, and which layer shows it. */
export class Pane extends BasePane<SeriesInfo, ImageRef, RequestFailure | null> {
  readonly glElement = document.createElement('div');
  readonly jpeg = new JpegLayer();
  readonly place: Place = new Place(this);
  pixelsShown = false;
  /** What is on screen comes from the stored pixels, drawn by the engine or before it. */
  exact = false;
  /** Draws the diagnostic pixels; null where the server's pictures are all there is so far. */
  layer: PixelLayer | null = null;
  private hang = PLAIN;
  /** The view that nobody has changed yet: it follows the size of the pane. */
  private home: ViewState = this.view;
  private layerOpen = false;
  /** Settled once the first image is drawn without the engine, or cannot be. */
  firstPixels: Promise<void> = Promise.resolve();
  private turn = 0;
  private settle = 0;
  private slow = 0;
  private readonly trouble = new Trouble((failure) => this.emit('failure', failure), () => this.tryAgain());
  private readonly ahead = new Ahead(async (index) => {
    await this.layer?.prefetch(index);
    this.emit('progress', this.cachedShare());
  });

  constructor(readonly id: string, readonly environment: PaneEnvironment) {
    super();
    this.glElement.className = 'pv-gl';
    this.stage.append(this.glElement, this.jpeg.element);
    // Cornerstone takes the default from every key, Tab too; the viewer hears keys before, at the document.
    for (const name of ['keydown', 'keyup'] as const) {
      this.stage.addEventListener(name, (event) => event.stopPropagation(), { capture: true });
    }
  }

  get image(): ImageRef | undefined {
    return this.stack[this.index];
  }

  /** Attributes of the image on screen, null while its metadata is on the way. */
  get attributes(): ImageAttributes | null {
    return this.environment.metadata.of(this.stack[this.shownIndex]);
  }

  get defaultWindow(): Window | null {
    return this.attributes?.window ?? (this.pixelsShown ? (this.layer?.defaultWindow() ?? null) : null);
  }

  /** Show a series, from image `index` on, with a fresh view and its own window. */
  setSeries(series: SeriesInfo, index: number, hang: Hang = PLAIN): void {
    this.series = series;
    this.hang = hang;
    this.place.forget();
    this.stack = buildStack(series);
    this.index = clampIndex(index, this.stack.length);
    this.shownIndex = -1;
    this.pixelsShown = false;
    this.exact = false;
    this.layerOpen = false;
    this.turn += 1;
    this.home = this.view = this.place.home(hang);
    this.window = null;
    this.jpeg.clear();
    this.stage.classList.remove('is-pixels');
    this.emit('series', series);
    this.trouble.over();
    this.emit('view', this.view);
    if (!this.drawn) return;
    this.loadMetadata(series);
    this.showCurrent();
    this.firstPixels = this.environment.pixelsFollow() ? this.showExact(this.turn) : Promise.resolve();
  }

  /** The same images computed anew, of a volume: everything stays as it lies, what is on screen until the new one, `index`, is there. */
  renew(series: SeriesInfo, index = this.index): void {
    this.series = series;
    this.index = index;
    if (this.shownIndex >= 0) this.shownIndex = index;
    this.stack = buildStack(series);
    this.place.forget();
    this.layerOpen = false;
    this.showCurrent(0);
  }

  /** True for what is drawn in the layers here; documents, traces and video are elements of their own. */
  private get drawn(): boolean {
    return this.series?.kind === 'image';
  }

  /** Take over a picture that the page already shows, as image `index`. */
  adopt(picture: HTMLImageElement): void {
    this.jpeg.adopt(picture);
    this.pictureShown(this.index);
  }

  protected redraw(what: 'view' | 'window'): void {
    if (what === 'view') this.layPicture();
    this.layer?.apply(this.view, this.window);
    if (what === 'view') return this.sharpen();
    if (this.pixelsShown) return;
    this.exact = false;
    this.showSoon();
  }

  reset(): void {
    this.setWindow(null);
    this.goHome();
  }

  private goHome(): void {
    this.home = this.place.home(this.hang);
    this.setView(this.home);
  }

  /** From now on load and show diagnostic pixels, drawn by `layer`. */
  usePixels(layer: PixelLayer): void {
    this.layer = layer;
    this.layerOpen = false;
    this.showCurrent(0);
  }

  /** The server's pictures again: the engine has gone, or data are to be saved. */
  dropPixels(): void {
    this.layer?.destroy();
    this.layer = null;
    this.exact = this.pixelsShown = this.layerOpen = false;
    this.shownIndex = -1;
    this.jpeg.clear();
    this.stage.classList.remove('is-pixels');
    this.showCurrent();
  }

  private layPicture(): void {
    this.jpeg.setView(this.view, this.attributes?.pixelAspect ?? 1);
  }

  resize(): void {
    this.layPicture();
    this.layer?.resize();
    if (this.view === this.home) this.goHome();
    else this.emit('view', this.view);
  }

  retry(): void {
    this.trouble.over();
    this.tryAgain();
  }

  private tryAgain(): void {
    if (!this.series || !this.drawn) return;
    this.loadMetadata(this.series);
    this.showCurrent();
  }

  /** Detach from the screen for good. */
  destroy(): void {
    this.turn += 1;
    this.rest();
    this.layer?.destroy();
    this.layer = null;
  }

  private rest(): void {
    this.ahead.aim([]);
    this.trouble.rest();
    for (const timer of [this.settle, this.slow]) window.clearTimeout(timer);
  }

  private loadMetadata(series: SeriesInfo): void {
    this.environment.metadata.load(series).then(
      () => {
        if (this.series !== series) return;
        this.layPicture();
        this.emit('shown', undefined);
      },
      (error: unknown) => this.series === series && this.fail(error),
    );
  }

  private showSoon(): void {
    window.clearTimeout(this.settle);
    this.settle = window.setTimeout(() => this.showCurrent(), 2 * SETTLE_MS);
  }

  protected showCurrent(pause = SETTLE_MS): void {
    const turn = ++this.turn;
    this.rest();
    if (!this.image || !this.drawn) return;
    if (this.layerOpen && this.layer?.isCached(this.index)) {
      void this.showPixels(turn);
      return;
    }
    this.slow = window.setTimeout(() => turn === this.turn && this.emit('waiting', true), 250);
    void this.showPicture(turn);
    if (this.layer) this.settle = window.setTimeout(() => void this.showPixels(turn), pause);
    else if (!this.environment.pixelsFollow()) this.prefetchPictures();
  }

  private picture(image: ImageRef, at: number, sharp = false): Asked {
    const { web, metadata } = this.environment;
    return { at, url: pictureUrl(web, image, sharp, metadata.of(image)?.color ? null : this.window) };
  }

  private async showPicture(turn: number): Promise<void> {
    const { image, index, stack } = this;
    if (!image || image.made || (this.shownIndex === index && this.exact)) return;
    const distance = (at: number) => (at < 0 ? Infinity : Math.abs(at - this.index));
    // Pixels may have come first. When the person moved on, a picture on the way there is better than one further back.
    const isOfUse = () => stack === this.stack && !(this.exact && this.shownIndex === index)
      && (turn === this.turn || distance(index) < distance(this.shownIndex));
    try {
      const asked = this.picture(image, index, !this.layer && this.view.zoom > 1.5);
      if (await this.jpeg.show(asked, stack.length, isOfUse)) this.pictureShown(index);
    } catch (error) {
      if (turn !== this.turn || this.layer) return;
      const refused = error instanceof RequestFailure && error.kind === 'server';
      if (!refused || !this.environment.rescue()) this.fail(error);
    }
  }

  /** The first image from its stored pixels, before the engine is there: a failure is left to whoever comes next. */
  private async showExact(turn: number): Promise<void> {
    const { image, index, series } = this;
    if (!image || !series || image.made || !mayBeExact(image)) return;
    try {
      const { web, metadata } = this.environment;
      const [answer, sets] = await Promise.all([web.frame(image), metadata.load(series)]);
      const set = sets.get(image.instanceUid);
      const drawn = set && turn === this.turn ? exactImage(answer, set, image, this.window) : null;
      if (!drawn || this.pixelsShown) return;
      this.jpeg.put(drawn);
      this.pictureShown(index, true);
    } catch {
      // The picture or the engine meets the same failure, and tells it.
    }
  }

  private pictureShown(index: number, exact = false): void {
    this.exact = exact;
    this.shownIndex = index;
    this.pixelsShown = false;
    this.stage.classList.remove('is-pixels');
    this.layPicture();
    if (index === this.index) this.arrived();
    else this.emit('shown', undefined);
  }

  private async showPixels(turn: number): Promise<void> {
    const { layer, index, series } = this;
    if (!layer || !series) return;
    const near = prefetchOrder(index, this.stack.length, this.direction, NEAR);
    try {
      if (!this.layerOpen) {
        const { registerMetadata } = await import('./pixels');
        registerMetadata(await this.environment.metadata.load(series));
        if (turn !== this.turn) return;
        layer.open(this.stack);
        this.layerOpen = true;
      }
      layer.keepOnly([index, ...near]);
      layer.apply(this.view, this.window);
      if (!(await layer.show(index)) || turn !== this.turn) return;
      this.shownIndex = index;
      this.pixelsShown = true;
      this.exact = true;
      this.stage.classList.add('is-pixels');
      this.arrived();
      this.prefetchPixels();
    } catch (error) {
      if (turn !== this.turn) return;
      // Where the server's picture is on screen it stays, and says that it is a preview.
      const kind = error instanceof RequestFailure ? error.kind : 'server';
      const pictured = this.shownIndex === index && (kind === 'server' || kind === 'offline');
      if (!pictured) this.fail(error);
      else if (kind === 'offline') this.trouble.later();
    }
  }

  private arrived(): void {
    window.clearTimeout(this.slow);
    this.emit('waiting', false);
    this.trouble.over();
    this.emit('shown', undefined);
  }

  private fail(error: unknown): void {
    window.clearTimeout(this.slow);
    this.emit('waiting', false);
    this.trouble.meet(error);
  }

  /** Without pixels a closer look needs a larger picture than the one prepared. */
  private sharpen(): void {
    if (!this.layer && this.view.zoom > 1.5) this.showSoon();
  }

  private prefetchPictures(): void {
    const order = prefetchOrder(this.index, this.stack.length, this.direction, FEW_AHEAD);
    // the same image in another window is no reason to fetch its neighbours again
    if (!this.series?.made && this.shownIndex !== this.index) this.jpeg.pictures.ahead(order.map((at) => this.picture(this.stack[at] as ImageRef, at)));
  }

  private prefetchPixels(): void {
    const { image } = this;
    if (!image) return;
    const most = image.made ? FEW_AHEAD : this.environment.pixelsAhead(image.rows * image.columns * (this.attributes?.color ? 3 : 2));
    this.ahead.aim(prefetchOrder(this.index, this.stack.length, this.direction, most));
  }

  private cachedShare(): number {
    return this.stack.filter((_, index) => this.layer?.isCached(index)).length / Math.max(1, this.stack.length);
  }
}
