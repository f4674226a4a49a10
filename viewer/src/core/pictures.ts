import { request, type DicomWeb } from '../dicomweb/client';
import type { ImageRef } from './stack';
import type { Window } from './window';

/** The size in which the portal prepares its pictures; asking for the same one hits what it keeps. */
const PICTURE = { viewport: [768, 768] as [number, number], quality: 80 };
const SHARP_PICTURE = { viewport: [2048, 2048] as [number, number], quality: 90 };

/** Requests under way at once: enough to fill a link, few enough that the wanted one does not wait for many. */
const AT_ONCE = 3;
/** What is further from the wanted image than this, or than a twentieth of the stack, was scrolled past. */
const NEAR = 12;

/** The address of an image drawn by the server, in a person's window where there is one. */
export function pictureUrl(web: DicomWeb, image: ImageRef, sharp: boolean, window: Window | null): string {
  return web.renderedUrl(image, { ...(sharp ? SHARP_PICTURE : PICTURE), window });
}

interface Running {
  at: number;
  abort: AbortController;
  blob: Promise<Blob | null>;
}

/** A picture's address and its place in the stack. */
export interface Asked {
  url: string;
  at: number;
}

/** The server's pictures as they came: so many requests at once, so many bytes kept, none for what was scrolled past. */
export class Pictures {
  private readonly kept = new Map<string, Blob>();
  private readonly running = new Map<string, Running>();
  private queue: Asked[] = [];
  private waiting: ((go: boolean) => void) | null = null;
  /** Encoded bytes that are kept. */
  bytes = 0;

  constructor(private readonly most: number) {}

  get underWay(): number {
    return this.running.size;
  }

  /**
   * The picture that somebody wants to see now; the one wanted before gives it its place in the line.
   * @returns null where another one was wanted before this one's turn came.
   * @throws RequestFailure
   */
  async want({ url, at }: Asked, stackLength: number): Promise<Blob | null> {
    this.waiting?.(false);
    this.waiting = null;
    const reach = Math.max(NEAR, stackLength / 20);
    for (const one of this.running.values()) if (Math.abs(one.at - at) > reach) one.abort.abort();
    const here = this.kept.has(url) || this.running.has(url) || this.running.size < AT_ONCE;
    if (!here && !(await new Promise<boolean>((resolve) => { this.waiting = resolve; }))) return null;
    return this.load({ url, at });
  }

  /** What is worth loading behind the wanted picture, in this order. Failures are silent: showing one will meet them again. */
  ahead(asked: Asked[]): void {
    this.queue = asked;
    this.next();
  }

  private next(): void {
    if (this.running.size < AT_ONCE && this.waiting) {
      this.waiting(true);
      this.waiting = null;
      return;
    }
    while (this.running.size < AT_ONCE) {
      const asked = this.queue.shift();
      if (!asked) return;
      if (!this.kept.has(asked.url)) this.load(asked).catch(() => { this.queue = []; });
    }
  }

  private load({ url, at }: Asked): Promise<Blob | null> {
    const kept = this.kept.get(url);
    if (kept) {
      this.kept.delete(url);
      this.kept.set(url, kept);
      return Promise.resolve(kept);
    }
    const known = this.running.get(url);
    if (known) return known.blob;
    const abort = new AbortController();
    const blob = this.fetch(url, abort.signal);
    this.running.set(url, { at, abort, blob });
    return blob;
  }

  private async fetch(url: string, signal: AbortSignal): Promise<Blob | null> {
    try {
      const blob = await (await request(url, { signal })).blob();
      this.keep(url, blob);
      return blob;
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    } finally {
      this.running.delete(url);
      this.next();
    }
  }

  private keep(url: string, blob: Blob): void {
    this.kept.set(url, blob);
    this.bytes += blob.size;
    for (const [oldest, { size }] of this.kept) {
      if (this.bytes <= this.most || oldest === url) break;
      this.kept.delete(oldest);
      this.bytes -= size;
    }
  }
}
