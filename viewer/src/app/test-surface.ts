import type { Viewer } from './viewer';

/** What browser tests may read; nothing here changes the viewer. */
export interface TestSurface {
  readonly look: string;
  readonly tool: string;
  readonly layout: string;
  readonly mpr: string;
  readonly links: { scroll: boolean; look: boolean; lines: boolean };
  readonly pixelState: string;
  readonly playing: boolean;
  /** Bytes of decoded images, bytes of pictures as they came, and requests under way. */
  readonly held: { pixels: number; pictures: number; requests: number };
  readonly panes: readonly {
    seriesUid: string | null; index: number; shownIndex: number; count: number; instanceUid: string | null;
    diagnostic: boolean; exact: boolean; window: { center: number; width: number } | null; view: object; edges: string; study: string | null; plane: object | null;
  }[];
  readonly keys: readonly { series: string; instance: string; frame: number }[];
  readonly measurements: readonly { tool: string; lines: readonly string[]; instanceUid: string }[];
}

declare global {
  interface Window {
    placaViewer?: TestSurface;
  }
}

/** Publish the surface as `window.placaViewer`. */
export function exposeTestSurface(viewer: Viewer): void {
  const surface: TestSurface = {
    get look() { return viewer.context.look; },
    get tool() { return viewer.tool; },
    get layout() { return viewer.layout; },
    get mpr() { return viewer.mpr.state; },
    get links() { return { scroll: viewer.links.scroll, look: viewer.links.look, lines: viewer.links.lines }; },
    get pixelState() { return viewer.pixels; },
    get playing() { return viewer.cine.playing; },
    get held() {
      const held = { pixels: 0, pictures: 0, requests: 0 };
      for (const { pane: { jpeg, layer } } of viewer.panes) {
        held.pixels = layer?.held.pixels ?? held.pixels; // all panes share one store
        held.pictures += jpeg.pictures.bytes;
        held.requests += (layer?.held.requests ?? 0) + jpeg.pictures.underWay;
      }
      return held;
    },
    get panes() {
      return viewer.panes.map(({ pane, element }) => ({
        seriesUid: pane.series?.uid ?? null,
        study: pane.series?.study ?? null,
        plane: pane.place.plane,
        index: pane.index,
        shownIndex: pane.shownIndex,
        count: pane.stack.length,
        instanceUid: pane.stack[pane.shownIndex]?.instanceUid ?? null,
        diagnostic: pane.pixelsShown,
        exact: pane.exact,
        window: pane.effectiveWindow,
        view: { ...pane.view },
        edges: [...element.querySelectorAll('.p-c--l, .p-c--r, .p-c--t, .p-c--b')].map((edge) => edge.textContent).join('|'),
      }));
    },
    get keys() { return viewer.keys.list; },
    get measurements() {
      return viewer.measurements.map(({ tool, lines, instanceUid }) => ({ tool, lines, instanceUid }));
    },
  };
  Object.defineProperty(window, 'placaViewer', { value: Object.freeze(surface), enumerable: true });
}
