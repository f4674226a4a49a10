import { RequestFailure } from '../dicomweb/client';
import { pictureBytes } from './network';
import { Pictures, type Asked } from './pictures';
import { cssTransform, pixelStretch, type ViewState } from './view';

/** The server's pictures: what is seen first, what is seen while pixels come, and all there is without WebGL. */
export class JpegLayer {
  readonly element = document.createElement('div');
  readonly pictures = new Pictures(pictureBytes());
  private shown: HTMLImageElement | HTMLCanvasElement | null = null;
  private expected: HTMLImageElement | null = null;
  private view: ViewState | null = null;
  private aspect = 1;

  constructor() {
    this.element.className = 'pv-jpeg';
  }

  /** Put an image in place that the page already holds, so that nothing flickers while the viewer starts. */
  adopt(image: HTMLImageElement): void {
    image.removeAttribute('id');
    image.removeAttribute('class');
    this.attach(image);
  }

  /** A picture that the page is loading already: it is waited for, not fetched once more. */
  expect(image: HTMLImageElement): void {
    this.expected = image;
  }

  /**
   * Show a picture of a stack of `length` images, if it is still of use when it has come.
   * @returns false where it was not.
   * @throws RequestFailure
   */
  async show(asked: Asked, length: number, isOfUse: () => boolean): Promise<boolean> {
    const image = (await this.fromPage(asked.url)) ?? (await this.fetched(asked, length));
    if (!image || !isOfUse()) return false;
    this.adopt(image);
    return true;
  }

  private async fromPage(url: string): Promise<HTMLImageElement | null> {
    const image = this.expected;
    if (image?.src !== new URL(url, document.baseURI).href) return null;
    this.expected = null;
    return image.decode().then(() => image, () => null);
  }

  private async fetched(asked: Asked, length: number): Promise<HTMLImageElement | null> {
    const blob = await this.pictures.want(asked, length);
    return blob && decoded(blob);
  }

  /** Show what was drawn here. */
  put(drawn: HTMLCanvasElement): void {
    this.attach(drawn);
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
    this.shown = null;
    this.element.replaceChildren();
  }

  private attach(image: HTMLImageElement | HTMLCanvasElement): void {
    this.shown = image;
    this.element.replaceChildren(image);
    if (this.view) this.setView(this.view);
  }
}

/** @throws RequestFailure where the bytes are no picture */
async function decoded(blob: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  image.alt = '';
  image.draggable = false;
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    return image;
  } catch {
    throw new RequestFailure('server');
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
