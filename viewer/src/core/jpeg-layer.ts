import { request, RequestFailure } from '../dicomweb/client';
import { cssTransform, pixelStretch, type ViewState } from './view';

const KEPT = 60;

/** The server's pictures: what is seen first, what is seen while pixels come, and all there is without WebGL. */
export class JpegLayer {
  readonly element = document.createElement('div');
  private readonly kept = new Map<string, HTMLImageElement>();
  private readonly loading = new Map<string, Promise<HTMLImageElement>>();
  private shown: HTMLImageElement | HTMLCanvasElement | null = null;
  private wanted = '';
  private view: ViewState | null = null;
  private aspect = 1;

  constructor() {
    this.element.className = 'pv-jpeg';
  }

  /** Put an image in place that the page already holds, so that nothing flickers while the viewer starts. */
  adopt(image: HTMLImageElement): void {
    image.removeAttribute('id');
    image.removeAttribute('class');
    this.kept.set(image.src, image);
    this.wanted = image.src;
    this.attach(image);
  }

  /**
   * Show the picture at `url`.
   * @returns false where another one was asked for meanwhile.
   * @throws RequestFailure
   */
  async show(url: string): Promise<boolean> {
    const absolute = new URL(url, document.baseURI).href;
    this.wanted = absolute;
    const image = await this.load(absolute);
    if (this.wanted !== absolute) return false;
    this.attach(image);
    return true;
  }

  /** Show what was drawn here; a picture that is still coming does not replace it. */
  put(drawn: HTMLCanvasElement): void {
    this.wanted = '';
    this.attach(drawn);
  }

  /** Fetch a picture for later; failures are silent, since showing it will meet them again. */
  prefetch(url: string): void {
    this.load(new URL(url, document.baseURI).href).catch(() => undefined);
  }

  get busy(): boolean {
    return this.loading.size > 0;
  }

  /** Let the picture lie as `view` says; its pixels are `aspect` times as high as wide. */
  setView(view: ViewState, aspect = this.aspect): void {
    this.view = view;
    this.aspect = aspect;
    if (!this.shown) return;
    this.shown.style.transform = cssTransform(view, this.stretch(this.shown));
    this.shown.style.filter = view.invert ? 'invert(1)' : '';
  }

  private stretch(shown: HTMLImageElement | HTMLCanvasElement): [number, number] {
    if (this.aspect === 1) return [1, 1];
    const picture = 'naturalWidth' in shown ? { width: shown.naturalWidth, height: shown.naturalHeight } : shown;
    return pixelStretch(picture, { width: this.element.clientWidth, height: this.element.clientHeight }, this.aspect);
  }

  clear(): void {
    this.wanted = '';
    this.shown = null;
    this.element.replaceChildren();
  }

  private load(url: string): Promise<HTMLImageElement> {
    const kept = this.kept.get(url);
    if (kept) {
      this.kept.delete(url);
      this.kept.set(url, kept);
      return Promise.resolve(kept);
    }
    let promise = this.loading.get(url);
    if (!promise) {
      promise = fetchImage(url).then((image) => {
        this.keep(url, image);
        return image;
      });
      this.loading.set(url, promise);
      const done = () => this.loading.delete(url);
      promise.then(done, done);
    }
    return promise;
  }

  private keep(url: string, image: HTMLImageElement): void {
    this.kept.set(url, image);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= KEPT) break;
      if (this.kept.get(oldest) !== this.shown) this.kept.delete(oldest);
      else break;
    }
  }

  private attach(image: HTMLImageElement | HTMLCanvasElement): void {
    this.shown = image;
    this.element.replaceChildren(image);
    if (this.view) this.setView(this.view);
  }
}

async function fetchImage(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.alt = '';
  image.draggable = false;
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch {
    // An <img> does not say why it failed; asking once more does.
    await request(url);
    throw new RequestFailure('server');
  }
}
