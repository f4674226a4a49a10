/** The picture on screen: which image of which series, how it lies, what window. What the portal's pane is, without a server. */
import { Emitter } from '../src/core/emitter';
import type { WindowedPane } from '../src/core/paged';
import { clampIndex, prefetchOrder } from '../src/core/stack';
import { cssTransform, INITIAL_VIEW, type ViewState } from '../src/core/view';
import { draggedWindow, sameWindow, type Window } from '../src/core/window';
import { ownWindow, paint } from './levels';
import type { Loader } from './loader';
import { stackOf, type ImageFile, type StudySeries } from './study';
import type { Frame } from './unpack';

const AHEAD = 24;
const SLOW_MS = 200;

export interface PaneEvents {
  series: void;
  index: number;
  /** What is on screen changed: image, window or view. */
  shown: void;
  view: ViewState;
  window: Window | null;
  waiting: boolean;
  /** Whether the image that was asked for cannot be shown. */
  failure: boolean;
  /** Share of the series that is opened, 0 to 1. */
  progress: number;
}

type Surface = HTMLCanvasElement | HTMLImageElement;

export class Pane extends Emitter<PaneEvents> implements WindowedPane {
  readonly stage = document.createElement('div');
  series: StudySeries | null = null;
  stack: ImageFile[] = [];
  index = 0;
  shownIndex = -1;
  view: ViewState = { ...INITIAL_VIEW };
  /** Chosen by the person; null leaves each image its own. */
  window: Window | null = null;
  /** The stored values on screen; null where a JPEG is. */
  frame: Frame | null = null;
  private readonly canvas = document.createElement('canvas');
  private surface: Surface | null = null;
  private direction: 1 | -1 = 1;
  private turn = 0;

  /** `most`: bytes of frames loaded ahead. */
  constructor(private readonly loader: Loader, private readonly most: number) {
    super();
    this.stage.className = 'pv-stage';
    new ResizeObserver(() => this.fit()).observe(this.stage);
  }

  /** The window that the image on screen has by itself; null where it is a JPEG. */
  get defaultWindow(): Window | null {
    return this.frame && ownWindow(this.frame.header);
  }

  get effectiveWindow(): Window | null {
    return this.window ?? this.defaultWindow;
  }

  /** Show a series, from image `index` on, with a fresh view and its own window. */
  setSeries(series: StudySeries, index: number): void {
    this.series = series;
    this.stack = stackOf(series);
    this.index = clampIndex(index, this.stack.length);
    this.shownIndex = -1;
    this.view = { ...INITIAL_VIEW };
    this.window = null;
    this.frame = null;
    this.put(null);
    this.emit('series', undefined);
    this.emit('view', this.view);
    void this.show();
  }

  setIndex(index: number): void {
    const next = clampIndex(index, this.stack.length);
    if (next === this.index || !this.stack.length) return;
    this.direction = next > this.index ? 1 : -1;
    this.index = next;
    this.emit('index', next);
    void this.show();
  }

  setView(view: ViewState): void {
    this.view = view;
    this.fit();
    this.emit('view', view);
  }

  setWindow(window: Window | null): void {
    if (sameWindow(window, this.window)) return;
    this.window = window;
    this.draw();
    this.emit('window', window);
    this.emit('shown', undefined);
  }

  dragWindow(dx: number, dy: number): void {
    const [current, initial] = [this.effectiveWindow, this.defaultWindow];
    if (current && initial) this.setWindow(draggedWindow(current, dx, dy, initial));
  }

  reset(): void {
    this.setWindow(null);
    this.setView({ ...INITIAL_VIEW });
  }

  private async show(): Promise<void> {
    const image = this.stack[this.index];
    if (!image) return;
    this.turn += 1;
    const turn = this.turn;
    this.loader.forgetAhead();
    const slow = window.setTimeout(() => turn === this.turn && this.emit('waiting', true), SLOW_MS);
    const found = await this.open(image, turn);
    window.clearTimeout(slow);
    if (turn !== this.turn) return;
    this.emit('waiting', false);
    this.emit('failure', found === null);
    this.frame = found instanceof HTMLImageElement ? null : found;
    this.put(found instanceof HTMLImageElement ? found : found && this.canvas);
    this.draw();
    this.shownIndex = this.index;
    this.emit('shown', undefined);
    this.ahead();
  }

  /** The stored values; where there are none, or the browser cannot open them, the JPEG; null where that is missing too. */
  private async open(image: ImageFile, turn: number): Promise<Frame | HTMLImageElement | null> {
    try {
      if (image.exact) return await this.loader.frame(image.key, true);
    } catch {
      // the picture is better than nothing, and says that it is one
    }
    if (!image.picture || turn !== this.turn) return null;
    const picture = new Image();
    picture.alt = '';
    picture.draggable = false;
    picture.src = image.picture;
    return picture.decode().then(() => picture, () => null);
  }

  private ahead(): void {
    const each = Math.max(1, this.frame?.values.byteLength ?? 1);
    const limit = Math.max(2, Math.min(AHEAD, Math.floor(this.most / each)));
    const wanted = prefetchOrder(this.index, this.stack.length, this.direction, limit)
      .map((at) => this.stack[at])
      .filter((image): image is ImageFile => !!image?.exact && !this.loader.has(image.key));
    for (const { key } of wanted) this.loader.frame(key, false).then(() => this.count(), () => undefined);
    this.count();
  }

  private count(): void {
    const here = this.stack.filter(({ key, exact }) => !exact || this.loader.has(key)).length;
    this.emit('progress', here / Math.max(1, this.stack.length));
  }

  private put(surface: Surface | null): void {
    this.surface = surface;
    if (surface !== this.stage.firstChild || !surface) this.stage.replaceChildren(...(surface ? [surface] : []));
  }

  private draw(): void {
    const { frame, canvas } = this;
    if (!frame) return this.fit();
    const { rows, columns } = frame.header;
    if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    if (!pen) return;
    const picture = pen.createImageData(columns, rows);
    paint(frame, this.window, picture.data);
    pen.putImageData(picture, 0, 0);
    this.fit();
  }

  /** Lay the picture into the stage as large as it fits, then as the person wants it. */
  private fit(): void {
    const { surface, stage, view } = this;
    if (!surface) return;
    const [width, height] = surface instanceof HTMLCanvasElement
      ? [surface.width, surface.height * (this.frame?.header.aspect ?? 1)] : [surface.naturalWidth, surface.naturalHeight];
    const scale = Math.min(stage.clientWidth / width, stage.clientHeight / height);
    const place = (name: 'width' | 'height' | 'left' | 'top', pixels: number) => { surface.style[name] = `${pixels}px`; };
    surface.style.position = 'absolute';
    place('width', width * scale);
    place('height', height * scale);
    place('left', (stage.clientWidth - width * scale) / 2);
    place('top', (stage.clientHeight - height * scale) / 2);
    surface.style.transform = cssTransform(view);
    surface.style.filter = view.invert ? 'invert(1)' : '';
  }
}
