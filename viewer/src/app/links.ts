import { followed, type Linked } from '../core/following';
import { cut, nearest, sameSpace, toWorld, type Point2 } from '../core/geometry';
import type { Pane } from '../core/pane';
import type { Line } from '../ui/pane-overlay';
import type { PaneView } from '../ui/pane-view';

/** What panes tell each other: the place in the stack, window and zoom, and where they cut one another. */
export class Links {
  /** Scrolling one pane scrolls the others to the same place. */
  scroll = false;
  /** Window, zoom and movement go along. */
  look = false;
  /** Each pane shows where the active one lies in it. */
  lines = true;
  private anchors = new Map<Pane, number>();
  private leading = false;

  constructor(private readonly views: () => readonly PaneView[], private readonly active: () => PaneView) {}

  /** Hear what happens in a pane. */
  watch(view: PaneView): void {
    const { pane } = view;
    pane.on('index', () => this.lead(() => this.scroll && this.pullAlong(pane)));
    pane.on('window', (window) => this.lead(() => {
      for (const other of this.others(pane)) if (this.sharesWindow(pane, other)) other.setWindow(window);
    }));
    pane.on('view', () => this.lead(() => this.look && this.copyView(pane)));
    pane.on('series', () => this.anchor());
    pane.on('shown', () => this.draw());
  }

  toggle(what: 'scroll' | 'look' | 'lines'): void {
    this[what] = !this[what];
    this.anchor();
    this.draw();
  }

  /** From here on distances are counted: what is on screen now belongs together. */
  anchor(): void {
    this.anchors = new Map(this.views().map(({ pane }) => [pane, pane.index]));
  }

  /** Bring every other pane to the image point that somebody points at. */
  locate(source: Pane, point: Point2): void {
    const plane = source.place.plane;
    if (!plane) return;
    const place = toWorld(plane, point);
    this.lead(() => {
      for (const other of this.others(source)) {
        const its = other.place.planes;
        const first = its[0];
        const index = first && sameSpace(first, plane) ? nearest(its, place) : null;
        if (index !== null) other.setIndex(index);
      }
    });
    for (const view of this.views()) view.overlay.point(this.isIn(view.pane, plane.frameOfReference) ? place : null);
  }

  /** Draw in each pane where the others cut it: the active one, or every plane of a volume. */
  draw(): void {
    const views = this.views();
    views.forEach((view) => {
      const lines = views.flatMap((other, number) => (this.isDrawn(view, other) ? this.line(view.pane, other.pane, number) : []));
      view.overlay.lines(lines);
    });
  }

  private isDrawn(view: PaneView, other: PaneView): boolean {
    if (!this.lines || other === view) return false;
    return other === this.active() || Boolean(other.pane.series?.made);
  }

  private line(pane: Pane, other: Pane, number: number): Line[] {
    const [shown, its] = [pane.place.plane, other.place.plane];
    const ends = shown && its && cut(shown, its);
    return ends ? [{ ends, number, turns: Boolean(pane.series?.made && other.series?.made) }] : [];
  }

  private isIn(pane: Pane, frameOfReference: string): boolean {
    return pane.place.plane?.frameOfReference === frameOfReference && frameOfReference !== '';
  }

  private others(pane: Pane): Pane[] {
    return this.views().map((view) => view.pane).filter((other) => other !== pane && other.series?.kind === 'image');
  }

  /** The planes of one volume always have one window; other panes where they are linked and show the same kind of values. */
  private sharesWindow(pane: Pane, other: Pane): boolean {
    const both = Boolean(pane.series?.made && other.series?.made);
    return both || (this.look && pane.series?.modality === other.series?.modality);
  }

  private pullAlong(lead: Pane): void {
    const linked = (pane: Pane): Linked => ({ planes: pane.place.planes, anchor: this.anchors.get(pane) ?? pane.index });
    for (const other of this.others(lead)) {
      const index = followed(linked(lead), lead.index, linked(other));
      if (index !== null) other.setIndex(index);
    }
  }

  /** The same millimetre fills the same screen in every pane, and the same point of the image is in its middle. */
  private copyView(lead: Pane): void {
    const { zoom, panX, panY } = lead.view;
    for (const other of this.others(lead)) {
      const known = lead.place.spacing && other.place.spacing;
      const ratio = known && other.place.fit ? lead.place.fit / other.place.fit : 1;
      other.setView({ ...other.view, zoom: zoom * ratio, panX, panY });
    }
  }

  /** What one pane does to another does not come back to it. */
  private lead(act: () => void): void {
    if (this.leading) return;
    this.leading = true;
    try {
      act();
    } finally {
      this.leading = false;
    }
  }
}
