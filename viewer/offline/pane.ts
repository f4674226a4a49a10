/** The picture on screen: which image of which series, how it lies, what window. What the portal's pane is, without a server. */
import { BasePane } from '../src/core/base-pane';
import { clampIndex, prefetchOrder } from '../src/core/stack';
import { cssTransform, INITIAL_VIEW } from '../src/core/view';
import type { Window } from '../src/core/window';
import { ownWindow, paint } from './levels';
import type { Loader } from './loader';
import { stackOf, type ImageFile, type StudySeries } from './study';
import type { Frame } from './unpack';

const AHEAD = 24;
const SLOW_MS = 200;

type Surface = HTMLCanvasElement | HTMLImageElement;

export class Pane extends BasePane<StudySeries, ImageFile, boolean> {
  /** The stored values on screen; null where a JPEG is. */
  frame: Frame | null = null;
  private readonly canvas = document.createElement('canvas');
  private surface: Surface | null = null;
  private turn = 0;

  /** `most`: bytes of frames loaded ahead. */
  constructor(private readonly loader: Loader, private readonly most: number) {
    super();
    new ResizeObserver(() => this.fit()).observe(this.stage);
  }

  /** The window that the image on screen has by itself; null where it is a JPEG. */
  get defaultWindow(): Window | null {
    return this.frame && ownWindow(this.frame.header);
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
    this.emit('series', series);
    this.emit('view', this.view);
    this.showCurrent();
  }

  protected redraw(what: 'view' | 'window'): void {
    if (what === 'view') this.fit();
    else this.draw();
  }

  reset(): void {
    this.setWindow(null);
    this.setView({ ...INITIAL_VIEW });
  }

  protected showCurrent(): void {
    void this.show();
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
