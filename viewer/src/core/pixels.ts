/** The diagnostic pixels, drawn by Cornerstone3D. Loaded only after the first picture is on screen. */
import {
  cache, Enums, eventTarget, imageLoader, init as initCore, RenderingEngine, utilities, type StackViewport, type Types,
} from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import { attributesOf } from '../dicomweb/attributes';
import { failureKind, PLAIN, RequestFailure, type DicomJson, type DicomWeb } from '../dicomweb/client';
import { lacksPalette } from '../dicomweb/palette';
import { loadFrame, sends } from './frames';
import { pixelBytes } from './network';
import type { ImageRef } from './stack';
import { drawGreys, knowGreys, trueGreys } from './true-greys';
import { focalOffset, screenAxes, type ViewState } from './view';
import type { Window } from './window';

export const ENGINE_ID = 'placa';

/** Millimetres; with a parallel projection any distance shows the same. */
const CAMERA_DISTANCE = 1000;

type Point3 = [number, number, number];

let engine: RenderingEngine | null = null;
let initialized = false;
/**
 * What the engine decodes well; anything else the server decodes. Its 12-bit JPEG is off by up to 22 of 255 levels, and for
 * progressive JPEG and JPEG XL it has no decoder.
 */
const DECODED_HERE = [
  '', '1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2', '1.2.840.10008.1.2.5',
  ...[50, 57, 70, 80, 81, 90, 91, 201, 202, 203].map((last) => `1.2.840.10008.1.2.4.${last}`),
];
const decodedByServer = new Set<string>();
const metadataOf = new Map<string, DicomJson>();

/** Start Cornerstone: bounded memory, one WebGL context (panes are drawn one by one anyway), two to four decoders. */
export function startEngine(isPhone: boolean): void {
  if (!initialized) initialize(isPhone);
  initialized = true;
  engine ??= new RenderingEngine(ENGINE_ID);
}

/** Let go of the engine and its WebGL context; images stay decoded. The layers must have gone before. */
export function stopEngine(): void {
  engine?.destroy();
  engine = null;
}

/** Tell `lost` each time that the browser takes the graphics away: phones do when they need their memory. */
export function onContextLost(lost: () => void): void {
  eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, () => engine && lost());
}

function initialize(isPhone: boolean): void {
  initCore({ isMobile: isPhone, rendering: { webGlContextCount: 1 } } as Types.Cornerstone3DConfig);
  initLoader({
    beforeSend: (request, imageId) => {
      sends(imageId, request);
      return Promise.resolve(decodedByServer.has(imageId) ? { Accept: PLAIN } : {});
    },
    maxWebWorkers: Math.max(1, Math.min(4, Math.floor((navigator.hardwareConcurrency || 2) / 2))),
  });
  imageLoader.registerImageLoader('wadors', trueGreys(wadors.loadImage as never, () => metadataOf) as never);
  cache.setMaxCacheSize(pixelBytes(isPhone));
}

function running(): RenderingEngine {
  if (!engine) throw new Error('startEngine comes before any layer');
  return engine;
}

/** Data sets that later layers need to know how to read the pixels, by SOP Instance UID. */
export function registerMetadata(sets: Map<string, DicomJson>): void {
  for (const [uid, set] of sets) metadataOf.set(uid, set);
}

/** Let go of an image that was computed here, and of all that is known of it. */
export function forgetMade(instanceUid: string): void {
  const imageId = `made:${instanceUid}`;
  metadataOf.delete(instanceUid);
  wadors.metaDataManager.remove(imageId);
  knowGreys(imageId, null);
  if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId);
}

/**
 * What Cornerstone stumbles over when it is not there: a modality, and the shape of pixels, which it knows by their spacing
 * alone (that such a spacing is no measure, `trueGreys` says).
 */
function completed(set: DicomJson): DicomJson {
  const { pixelAspect } = attributesOf(set, 1);
  return {
    ...set,
    ...(set['00080060']?.Value ? {} : { '00080060': { vr: 'CS', Value: ['OT'] } }),
    ...(set['00280030'] || pixelAspect === 1 ? {} : { '00280030': { vr: 'DS', Value: [pixelAspect, 1] } }),
  };
}

function failureFrom(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  const inner = error && typeof error === 'object' && 'error' in error ? error.error : error;
  const status = inner && typeof inner === 'object' && 'status' in inner ? Number(inner.status) : NaN;
  return Number.isNaN(status) ? new RequestFailure('server') : new RequestFailure(failureKind(status), status);
}

/** The name under which Cornerstone knows an image; its scheme says who loads it. */
export function imageIdOf(image: ImageRef, web: DicomWeb): string {
  return image.made ? `made:${image.instanceUid}` : `wadors:${web.frameUrl(image)}`;
}

/** Tell Cornerstone's loader how to read images, frames of one instance by its first, and which the server decodes. */
export function registerStack(images: readonly ImageRef[], sets: Map<string, DicomJson>, web: DicomWeb): void {
  for (const image of images) {
    const imageId = imageIdOf(image, web);
    const set = sets.get(image.instanceUid);
    if (!DECODED_HERE.includes(image.transferSyntax)) decodedByServer.add(imageId);
    if (set && image.frame === 1) wadors.metaDataManager.add(imageId, completed(set) as never);
  }
}

/** One pane's worth of pixels: a stack viewport that is told exactly how to lie, so that it covers the JPEG. */
export class PixelLayer {
  private readonly viewport: StackViewport;
  private imageIds: string[] = [];
  private readonly undrawable = new Set<string>();
  /** Images on their way, and how to give each up. */
  private readonly loading = new Map<string, () => void>();
  private turn = 0;
  private queue: Promise<unknown> = Promise.resolve();
  private opened = false;
  private view: ViewState | null = null;
  private window: Window | null = null;

  constructor(readonly id: string, private readonly element: HTMLDivElement, private readonly web: DicomWeb) {
    running().enableElement({ viewportId: id, element, type: Enums.ViewportType.STACK });
    this.viewport = running().getViewport(id) as StackViewport;
  }

  /** Take a new series; nothing is drawn before `show`. */
  open(images: ImageRef[]): void {
    this.turn += 1;
    this.opened = false;
    this.keepOnly([]);
    this.imageIds = images.map((image) => imageIdOf(image, this.web));
    registerStack(images, metadataOf, this.web);
    images.forEach((image, index) => {
      const set = metadataOf.get(image.instanceUid);
      const imageId = this.imageIds[index] as string;
      if (set && lacksPalette(set)) this.undrawable.add(imageId);
      if (set && image.made) knowGreys(imageId, set);
    });
  }

  /** Asking does not count as using: what was not on screen for longest goes first. */
  isCached(index: number): boolean {
    return cache.isLoaded(this.imageIds[index] ?? '');
  }

  /** Bytes of all decoded images there are, and requests for this pane. */
  get held(): { pixels: number; requests: number } {
    return { pixels: cache.getCacheSize(), requests: this.loading.size };
  }

  /** Give up what is on its way for other images than these, unless somebody else waits for it. */
  keepOnly(indices: readonly number[]): void {
    const near = new Set(indices.map((index) => this.imageIds[index]));
    for (const [imageId, giveUp] of this.loading) if (!near.has(imageId)) giveUp();
  }

  /**
   * Load image `index` and draw it.
   * @returns false where another one was asked for meanwhile.
   * @throws RequestFailure
   */
  async show(index: number): Promise<boolean> {
    const turn = ++this.turn;
    const imageId = this.imageIds[index];
    if (!imageId) return false;
    await this.load(imageId, Enums.RequestType.Interaction);
    if (turn !== this.turn) return false;
    const draw = this.queue.then(() => (turn === this.turn ? this.draw(index) : false));
    this.queue = draw.catch(() => undefined);
    return (await draw) && turn === this.turn;
  }

  /** Load image `index` into the cache behind what people are waiting for. */
  async prefetch(index: number): Promise<void> {
    const imageId = this.imageIds[index];
    if (imageId && !this.isCached(index)) await this.load(imageId, Enums.RequestType.Prefetch);
  }

  apply(view: ViewState, window: Window | null): void {
    this.view = view;
    this.window = window;
    if (!this.opened) return;
    this.applyCamera();
    this.applyWindow();
    this.viewport.render();
  }

  /** The window with which the current image is drawn where nobody chose another, null before it is drawn. */
  defaultWindow(): Window | null {
    const image = this.opened ? this.viewport.getCornerstoneImage() : null;
    if (!image) return null;
    const one = (value: number | number[]) => (Array.isArray(value) ? value[0] : value);
    const center = one(image.windowCenter);
    const width = one(image.windowWidth);
    return center !== undefined && width !== undefined ? { center, width } : null;
  }

  resize(): void {
    if (!this.element.clientWidth || !this.element.clientHeight) return;
    running().resize(true, true);
    if (this.view) this.apply(this.view, this.window);
  }

  destroy(): void {
    this.turn += 1;
    this.keepOnly([]);
    running().disableElement(this.id);
  }

  private async load(imageId: string, requestType: Enums.RequestType): Promise<void> {
    if (this.undrawable.has(imageId)) throw new RequestFailure('server');
    const { done, giveUp } = loadFrame(imageId, requestType);
    this.loading.set(imageId, giveUp);
    try {
      await done;
    } catch (error) {
      throw failureFrom(error);
    } finally {
      if (this.loading.get(imageId) === giveUp) this.loading.delete(imageId);
    }
  }

  private async draw(index: number): Promise<boolean> {
    if (this.opened) await this.viewport.setImageIdIndex(index);
    else await this.viewport.setStack(this.imageIds, index);
    this.opened = true;
    if (this.view) {
      this.applyCamera();
      this.applyWindow();
    }
    const rendered = new Promise<void>((resolve) => {
      this.element.addEventListener(Enums.Events.IMAGE_RENDERED, () => resolve(), { once: true });
    });
    this.viewport.render();
    await rendered;
    return true;
  }

  /** Place the camera so that the image lies exactly where the same view lays the JPEG. */
  private applyCamera(): void {
    const data = this.viewport.getImageData();
    if (!data || !this.view) return;
    const { direction, dimensions, origin, spacing } = data;
    const axis = (n: number) => [direction[n * 3], direction[n * 3 + 1], direction[n * 3 + 2]] as Point3;
    const [row, column] = [axis(0), axis(1)];
    const extent = [dimensions[0] * spacing[0], dimensions[1] * spacing[1]] as const;
    const { clientWidth, clientHeight } = this.element;
    const fit = Math.min(clientWidth / extent[0], clientHeight / extent[1]);
    const { u, v } = focalOffset(this.view, fit);
    const across = (extent[0] - spacing[0]) / 2 + u;
    const down = (extent[1] - spacing[1]) / 2 + v;
    const along = (i: number) => (origin[i] ?? 0) + (row[i] ?? 0) * across + (column[i] ?? 0) * down;
    const focalPoint: Point3 = [along(0), along(1), along(2)];
    const { right, up } = screenAxes(this.view, row, column);
    const normal: Point3 = [
      right[1] * up[2] - right[2] * up[1], right[2] * up[0] - right[0] * up[2], right[0] * up[1] - right[1] * up[0],
    ];
    this.viewport.setCamera({
      viewUp: up,
      viewPlaneNormal: normal,
      focalPoint,
      position: [0, 1, 2].map((i) => (focalPoint[i] ?? 0) + (normal[i] ?? 0) * CAMERA_DISTANCE) as Point3,
      // Cornerstone renews the range only when the camera leaves the plane; a moved camera would see nothing.
      clippingRange: [CAMERA_DISTANCE / 2, CAMERA_DISTANCE * 2],
      parallelProjection: true,
      parallelScale: clientHeight / (2 * fit * this.view.zoom),
    });
  }

  private applyWindow(): void {
    const image = this.viewport.getCornerstoneImage();
    if (!image || !this.view || drawGreys(this.viewport, image, this.window, this.view)) return;
    const window = this.window ?? this.defaultWindow();
    const range = window && utilities.windowLevel.toLowHighRange(window.width, window.center);
    this.viewport.setProperties({
      ...(range ? { voiRange: range } : {}),
      invert: Boolean(image.invert) !== this.view.invert,
    });
  }
}
