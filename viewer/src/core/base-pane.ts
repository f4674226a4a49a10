/** What both viewers' panes are: an image of a series, how it lies, in which window. Where it comes from and what draws it, each says itself. */
import { Emitter } from './emitter';
import type { WindowedPane } from './paged';
import { clampIndex } from './stack';
import { INITIAL_VIEW, type ViewState } from './view';
import { draggedWindow, sameWindow, type Window } from './window';

export interface BaseEvents<Series, Failure> {
  series: Series;
  /** Another image was asked for. */
  index: number;
  /** What is on screen changed: image, layer, window or view. */
  shown: void;
  view: ViewState;
  window: Window | null;
  waiting: boolean;
  /** Why the image that was asked for cannot be shown. */
  failure: Failure;
  /** Share of the stack that is here, 0 to 1. */
  progress: number;
}

export abstract class BasePane<Series extends { modality: string }, Image, Failure>
  extends Emitter<BaseEvents<Series, Failure>> implements WindowedPane {
  readonly stage = document.createElement('div');
  series: Series | null = null;
  stack: Image[] = [];
  index = 0;
  /** The image really on screen, -1 before the first one. */
  shownIndex = -1;
  view: ViewState = { ...INITIAL_VIEW };
  /** Chosen by the person; null leaves each image its own. */
  window: Window | null = null;
  protected direction: 1 | -1 = 1;

  constructor() {
    super();
    this.stage.className = 'pv-stage';
  }

  /** The window that the image on screen has by itself, null where it has none or none is known. */
  abstract get defaultWindow(): Window | null;

  get effectiveWindow(): Window | null {
    return this.window ?? this.defaultWindow;
  }

  /** Bring image `index` on screen. */
  protected abstract showCurrent(): void;

  /** Draw what is on screen in another window, or lying otherwise. */
  protected abstract redraw(what: 'view' | 'window'): void;

  setIndex(index: number): void {
    const next = clampIndex(index, this.stack.length);
    if (next === this.index || !this.stack.length) return;
    this.direction = next > this.index ? 1 : -1;
    this.index = next;
    this.emit('index', next);
    this.showCurrent();
  }

  setView(view: ViewState): void {
    this.view = view;
    this.redraw('view');
    this.emit('view', view);
  }

  setWindow(window: Window | null): void {
    if (sameWindow(window, this.window)) return;
    this.window = window;
    this.redraw('window');
    this.emit('window', window);
    this.emit('shown', undefined);
  }

  dragWindow(dx: number, dy: number): void {
    const [current, initial] = [this.effectiveWindow, this.defaultWindow];
    if (current && initial) this.setWindow(draggedWindow(current, dx, dy, initial));
  }
}
