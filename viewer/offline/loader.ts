/**
 * Frames by their scripts. A page from a folder may not fetch, and what it draws from an <img> it may not read: a
 * <script> is the one thing that it may load and look into.
 */
import { bytesOf, inflated, restore, type Frame, type FrameHeader } from './unpack';

const AT_ONCE = 4;

type Arrived = (key: string, header: FrameHeader, payload: string) => void;
declare global {
  interface Window { placaFrame: Arrived }
}

interface Waiting {
  key: string;
  done(frame: Frame): void;
  failed(error: Error): void;
}

export class Loader {
  private readonly kept = new Map<string, Frame>();
  private readonly pending = new Map<string, Promise<Frame>>();
  private readonly arrived = new Map<string, { header: FrameHeader; payload: string }>();
  private readonly queue: Waiting[] = [];
  private running = 0;
  private bytes = 0;

  /** `most`: bytes of opened frames that are kept. */
  constructor(private readonly most: number) {
    window.placaFrame = (key, header, payload) => { this.arrived.set(key, { header, payload }); };
  }

  has(key: string): boolean {
    return this.kept.has(key);
  }

  /**
   * A frame, at once where it is kept. `urgent` goes before what is loaded ahead.
   * @throws Error where its script is missing or holds something else.
   */
  frame(key: string, urgent: boolean): Promise<Frame> {
    const kept = this.kept.get(key);
    if (kept) {
      this.kept.delete(key);
      this.kept.set(key, kept);
      return Promise.resolve(kept);
    }
    const known = this.pending.get(key);
    if (known) {
      if (urgent) this.hurry(key);
      return known;
    }
    const promise = new Promise<Frame>((done, failed) => {
      this.queue[urgent ? 'unshift' : 'push']({ key, done, failed });
    });
    this.pending.set(key, promise);
    this.next();
    return promise;
  }

  /** What was to be loaded ahead and has not begun is not wanted any more. */
  forgetAhead(): void {
    for (const { key, failed } of this.queue.splice(0)) {
      this.pending.delete(key);
      failed(new Error('not wanted any more'));
    }
  }

  private hurry(key: string): void {
    const at = this.queue.findIndex((one) => one.key === key);
    if (at > 0) this.queue.unshift(...this.queue.splice(at, 1));
  }

  private next(): void {
    while (this.running < AT_ONCE) {
      const one = this.queue.shift();
      if (!one) return;
      this.running += 1;
      this.load(one.key).then((frame) => {
        this.keep(one.key, frame);
        one.done(frame);
      }, one.failed).finally(() => {
        this.running -= 1;
        this.pending.delete(one.key);
        this.next();
      });
    }
  }

  private async load(key: string): Promise<Frame> {
    await run(`VIEWER/${key}.JS`);
    const found = this.arrived.get(key);
    this.arrived.delete(key);
    if (!found) throw new Error(`${key} holds something else`);
    const { header, payload } = found;
    const bytes = bytesOf(payload);
    return { header, values: header.type === 'jpeg' ? await jpegValues(bytes, header) : restore(await inflated(bytes), header) };
  }

  private keep(key: string, frame: Frame): void {
    this.kept.set(key, frame);
    this.bytes += frame.values.byteLength;
    for (const [oldest, old] of this.kept) {
      if (this.bytes <= this.most || oldest === key) break;
      this.kept.delete(oldest);
      this.bytes -= old.values.byteLength;
    }
  }
}

function run(address: string): Promise<void> {
  return new Promise((done, failed) => {
    const script = document.createElement('script');
    script.charset = 'x-user-defined'; // each byte one character
    script.src = address;
    script.onload = () => { script.remove(); done(); };
    script.onerror = () => { script.remove(); failed(new Error(`${address} is missing`)); };
    document.head.append(script);
  });
}

/** Samples of a JPEG as the equipment made it: the browser decodes it, without turning or recolouring it. */
async function jpegValues(bytes: Uint8Array<ArrayBuffer>, header: FrameHeader): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }), { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  if (bitmap.width !== header.columns || bitmap.height !== header.rows) throw new Error('A picture of another size');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (!pen) throw new Error('No canvas');
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const count = header.rows * header.columns;
  const values = new Uint8Array(count * header.samples);
  for (let channel = 0; channel < header.samples; channel += 1) {
    for (let at = 0; at < count; at += 1) values[channel * count + at] = data[at * 4 + channel] as number;
  }
  return values;
}
