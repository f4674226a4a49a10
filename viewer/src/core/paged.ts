import type { Window } from './window';

/** What slider and cine need of a pane: the portal's is one, and the one of the viewer inside a ZIP (`viewer/offline`). */
export interface PagedPane {
  readonly stack: { readonly length: number };
  readonly index: number;
  /** The image really on screen. */
  readonly shownIndex: number;
  setIndex(index: number): void;
  on(name: 'index' | 'series' | 'shown' | 'window', listener: () => void): () => void;
  on(name: 'progress', listener: (share: number) => void): () => void;
}

/** What the brightness panel needs besides. */
export interface WindowedPane extends PagedPane {
  readonly series: { readonly modality: string } | null;
  readonly window: Window | null;
  readonly defaultWindow: Window | null;
  readonly effectiveWindow: Window | null;
  setWindow(window: Window | null): void;
}
