/** Requests for stored pixels: made through Cornerstone's loader, counted, and broken off when nobody waits for them. */
import { cache, Enums, imageLoader, type Types } from '@cornerstonejs/core';

const requests = new Map<string, XMLHttpRequest>();
const waiting = new Map<string, number>();

/** The loader is about to send `request` for an image. */
export function sends(imageId: string, request: XMLHttpRequest): void {
  requests.set(imageId, request);
  request.addEventListener('loadend', () => requests.delete(imageId));
}

/** An image on its way. `giveUp` ends the waiting without an error, and the request where nobody else waits for it. */
export interface Coming {
  done: Promise<Types.IImage | null>;
  giveUp(): void;
}

/** Bring an image into the engine's cache. */
export function loadFrame(imageId: string, requestType: Enums.RequestType): Coming {
  const options = {
    useRGBA: false, requestType, priority: requestType === Enums.RequestType.Interaction ? 0 : 5, additionalDetails: { imageId },
  } as Parameters<typeof imageLoader.loadImage>[1];
  const promise = imageLoader.loadImage(imageId, options);
  // what `loadAndCacheImage` does, but for a failure that would be nobody's
  if (!cache.getImageLoadObject(imageId)) cache.putImageLoadObject(imageId, { promise }).catch(() => undefined);
  waiting.set(imageId, (waiting.get(imageId) ?? 0) + 1);
  let giveUp = (): void => undefined;
  const givenUp = new Promise<null>((resolve) => { giveUp = () => resolve(null); });
  const done = Promise.race([promise, givenUp]).finally(() => {
    const others = (waiting.get(imageId) ?? 1) - 1;
    if (others) waiting.set(imageId, others);
    else waiting.delete(imageId);
    if (!others) requests.get(imageId)?.abort();
  });
  return { done, giveUp };
}
