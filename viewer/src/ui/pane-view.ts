import type { SeriesInfo, StudyInfo, ViewerContext } from '../app/context';
import { Gestures, type GestureTarget } from '../core/gestures';
import { Pane, type PaneEnvironment } from '../core/pane';
import type { ImageRef } from '../core/stack';
import { INITIAL_VIEW, zoomAround } from '../core/view';
import type { FailureKind } from '../dicomweb/client';
import type { Translate } from '../i18n';
import { MarksLayer } from '../marks/layer';
import type { Marks } from '../marks/marks';
import type { ToolId } from '../tools/catalog';
import { Corners } from './corners';
import { documentView } from './document-view';
import { h } from './dom';
import { failureMessage } from './failure';
import { PaneOverlay } from './pane-overlay';
import { DRAGGED, seriesTitle } from './series-strip';
import { TurnHandles } from './turn-handles';

/** What a pane on screen needs of the viewer around it. */
export interface PaneHost {
  context: ViewerContext;
  t: Translate;
  environment: PaneEnvironment;
  /** What lies over the images. */
  marks: Marks;
  tool(): ToolId;
  activate(view: PaneView): void;
  /** The person adjusts grey values: they should see real ones. */
  wantsPixels(): void;
  doubleTap(view: PaneView, x: number, y: number): void;
  cancelMeasurement(view: PaneView): void;
  failed(kind: FailureKind, view: PaneView): void;
  interacted(): void;
  /** A tool that follows the pointer is held down at (x, y), CSS pixels from the pane's middle. */
  hold(view: PaneView, x: number, y: number, phase: 'down' | 'move' | 'up'): void;
  /** The planes that cut this pane's are to be turned about its normal. */
  turn(view: PaneView, radians: number): void;
  /** What the plane in pane `number` is called. */
  planeName(number: number): string;
  /** A series was dragged here. */
  drop(view: PaneView, seriesUid: string): void;
  /** Which study a series is of, where more than one is open. */
  label(series: SeriesInfo): { text: string; earlier: boolean } | null;
  studyOf(series: SeriesInfo): StudyInfo;
  /** Whether somebody marked an image as one to look at. */
  isKey(image: ImageRef | undefined): boolean;
}

/** A pane with everything drawn on it: image layers, corners, documents, messages, progress. */
export class PaneView {
  readonly pane: Pane;
  readonly element: HTMLElement;
  readonly corners: Corners;
  readonly overlay: PaneOverlay;
  private readonly over = h('div', { class: 'pv-over' });
  private readonly ends: (() => void)[];
  private readonly wait = h('div', { class: 'pv-wait', role: 'progressbar', hidden: true });

  constructor(id: string, private readonly host: PaneHost) {
    this.pane = new Pane(id, host.environment);
    this.wait.setAttribute('aria-label', host.t('loading'));
    const marks = new MarksLayer(this.pane, host.marks, (image) => host.environment.metadata.set(image));
    const handles = new TurnHandles(this.pane, (number) => host.planeName(number), (radians) => host.turn(this, radians));
    this.overlay = new PaneOverlay(this.pane, handles);
    this.element = h('div', { class: 'p-vp', tabindex: '0', role: 'group' }, this.pane.stage, marks.element, this.over, this.wait);
    marks.element.after(this.overlay.element, handles.element);
    this.corners = new Corners(this.element, this.pane, host);
    new Gestures(this.pane.stage, this.gestures());
    this.element.addEventListener('focus', () => host.activate(this));
    this.listen();
    this.takeDrops();
    const resized = new ResizeObserver(() => this.pane.resize());
    resized.observe(this.pane.stage);
    this.ends = [() => resized.disconnect(), marks.follow(), host.marks.on('change', () => this.corners.update())];
  }

  /** Gone from the screen for good: what lives longer than a pane lets go of it. */
  dispose(): void {
    for (const end of this.ends) end();
    this.pane.destroy();
  }

  private listen(): void {
    const { pane } = this;
    pane.on('series', () => this.showDocument());
    pane.on('waiting', (waiting) => { this.wait.hidden = !waiting; });
    pane.on('failure', (failure) => {
      if (failure) this.fail(failure.kind);
      else if (!this.isDocument) this.over.replaceChildren();
    });
    pane.on('index', () => this.isDocument && this.showDocument());
    for (const event of ['shown', 'index', 'series'] as const) pane.on(event, () => this.describe());
  }

  private takeDrops(): void {
    const mark = (on: boolean) => this.element.classList.toggle('is-target', on);
    this.element.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes(DRAGGED)) return;
      event.preventDefault();
      mark(true);
    });
    this.element.addEventListener('dragleave', () => mark(false));
    this.element.addEventListener('drop', (event) => {
      mark(false);
      const uid = event.dataTransfer?.getData(DRAGGED);
      if (!uid) return;
      event.preventDefault();
      this.host.drop(this, uid);
    });
  }

  private get isDocument(): boolean {
    const kind = this.pane.series?.kind;
    return kind !== undefined && kind !== 'image';
  }

  private fail(kind: FailureKind): void {
    // A picture that is on screen stays there; only a missing one is replaced by words.
    this.host.failed(kind, this);
    const again = () => (kind === 'session' ? window.location.reload() : this.pane.retry());
    this.over.replaceChildren(failureMessage(this.host.t, kind, again));
  }

  private showDocument(): void {
    const { series } = this.pane;
    const view = series && documentView(series, this.pane.index, this.host);
    this.element.classList.toggle('is-document', Boolean(view));
    this.over.replaceChildren(...(view ? [view] : []));
  }

  private describe(): void {
    const { pane, host } = this;
    const { series } = pane;
    if (!series) return;
    const name = seriesTitle(series, host.t);
    const index = Math.max(0, pane.shownIndex) + 1;
    const words = this.isDocument ? name : host.t('imageLabel', { index, count: pane.stack.length, series: name });
    // which study, where two are open: the same series of both has the same name
    this.element.setAttribute('aria-label', [words, host.label(series)?.text].filter(Boolean).join(', '));
  }

  private gestures(): GestureTarget {
    const { pane, host } = this;
    const change = (act: () => void) => {
      host.interacted();
      act();
    };
    return {
      tool: () => host.tool(),
      activate: () => change(() => host.activate(this)),
      scroll: (steps) => change(() => pane.setIndex(pane.index + steps)),
      pan: (dx, dy) => change(() => pane.setView({ ...pane.view, panX: pane.view.panX + dx, panY: pane.view.panY + dy })),
      zoom: (factor, x, y) => change(() => pane.setView(zoomAround(pane.view, factor, x, y))),
      window: (dx, dy) => change(() => {
        host.wantsPixels();
        pane.dragWindow(dx, dy);
      }),
      doubleTap: (x, y) => change(() => host.doubleTap(this, x, y)),
      hold: (x, y, phase) => change(() => host.hold(this, x, y, phase)),
      cancelMeasurement: () => host.cancelMeasurement(this),
      pixelsPerImage: () => Math.max(4, Math.min(24, (pane.stage.clientHeight * 0.8) / Math.max(1, pane.stack.length))),
    };
  }

  /** Double tap in the simple look: closer to that point, and back. */
  toggleZoom(x: number, y: number): void {
    const { pane } = this;
    pane.setView(pane.view.zoom > 1.05
      ? { ...pane.view, zoom: INITIAL_VIEW.zoom, panX: 0, panY: 0 }
      : zoomAround(pane.view, 2.5, x, y));
  }
}
