import type { PagedPane } from './paged';

export const MIN_FPS = 1;
export const MAX_FPS = 60;

/** Frames a second to start with: what the file says, else a pace at which a stack can be followed. */
export function initialFps(fileRate: number | null, length: number): number {
  const rate = fileRate ?? (length > 60 ? 15 : 10);
  return Math.round(Math.max(MIN_FPS, Math.min(MAX_FPS, rate)));
}

/** Plays a pane's images in a loop. An image that has not arrived is waited for, never skipped. */
export class Cine {
  private timer = 0;
  fps = 10;

  constructor(private readonly changed: () => void) {}

  get playing(): boolean {
    return this.timer !== 0;
  }

  start(pane: PagedPane): void {
    this.stop();
    if (pane.stack.length < 2) return;
    const step = (): void => {
      this.timer = window.setTimeout(step, 1000 / this.fps);
      if (pane.shownIndex === pane.index) pane.setIndex((pane.index + 1) % pane.stack.length);
    };
    this.timer = window.setTimeout(step, 1000 / this.fps);
    this.changed();
  }

  stop(): void {
    if (!this.timer) return;
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.changed();
  }
}
