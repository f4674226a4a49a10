import { clipped, distance, toImage, type Point2, type Vec3 } from '../core/geometry';
import type { Pane } from '../core/pane';
import { scaleBar } from '../core/scale-bar';
import type { Turnable, TurnHandles } from './turn-handles';

/** Where another pane's image cuts this one, as two image points; `number` is that pane's, for its colour. */
export interface Line {
  ends: [Point2, Point2];
  number: number;
  /** The other pane's plane can be turned here. */
  turns: boolean;
}

const SVG = 'http://www.w3.org/2000/svg';
/** A point that somebody located is drawn on images that lie no further from it. */
const NEAR_MM = 5;

function drawn(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** Handles stay so many CSS pixels away from the pane's edges. */
const INSET = 18;

/** Lines and scale over a pane, drawn as SVG: they do not wait for the engine. Nothing here takes the mouse. */
export class PaneOverlay {
  readonly element = document.createElementNS(SVG, 'svg');
  private current: readonly Line[] = [];
  private located: Vec3 | null = null;
  private asked = 0;

  constructor(private readonly pane: Pane, private readonly handles: TurnHandles) {
    this.element.setAttribute('class', 'pv-lines');
    this.element.setAttribute('aria-hidden', 'true');
    for (const event of ['view', 'shown'] as const) pane.on(event, () => this.soon());
    pane.on('series', () => {
      this.current = [];
      this.located = null;
      this.soon();
    });
  }

  lines(lines: readonly Line[]): void {
    this.current = lines;
    this.soon();
  }

  /** Mark a point of the patient; null takes the mark away. */
  point(point: Vec3 | null): void {
    this.located = point;
    this.soon();
  }

  private soon(): void {
    window.cancelAnimationFrame(this.asked);
    this.asked = window.requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    const { pane } = this;
    const { clientWidth: width, clientHeight: height } = pane.stage;
    const isImage = pane.series?.kind === 'image' && pane.shownIndex >= 0;
    this.handles.place(isImage ? this.turnable(width / 2 - INSET, height / 2 - INSET) : [], this.crossing);
    if (!isImage || !width || !height) return this.element.replaceChildren();
    this.element.setAttribute('viewBox', `${-width / 2} ${-height / 2} ${width} ${height}`);
    this.element.replaceChildren(...this.cuts(), ...this.mark(), ...this.scale(width, height));
  }

  private get turning(): Line[] {
    return this.current.filter(({ turns }) => turns);
  }

  /** What is seen of the lines whose planes can be turned. */
  private turnable(right: number, bottom: number): Turnable[] {
    return this.turning.flatMap(({ ends, number }) => {
      const seen = clipped(this.pane.place.onScreen(ends[0]), this.pane.place.onScreen(ends[1]), [-right, -bottom, right, bottom]);
      return seen ? [{ ends: seen, number }] : [];
    });
  }

  /** Where two of these lines cross on screen. */
  private get crossing(): readonly [number, number] {
    const [a, b, c, d] = this.turning.flatMap(({ ends }) => ends.map((end) => this.pane.place.onScreen(end)));
    if (!a || !b || !c || !d) return [0, 0];
    const [ux, uy, vx, vy] = [b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]];
    const share = ((c[0] - a[0]) * vy - (c[1] - a[1]) * vx) / (ux * vy - uy * vx || 1);
    return [a[0] + share * ux, a[1] + share * uy];
  }

  private cuts(): SVGElement[] {
    return this.current.map(({ ends, number }) => {
      const [[x1, y1], [x2, y2]] = [this.pane.place.onScreen(ends[0]), this.pane.place.onScreen(ends[1])];
      return drawn('line', { class: `pv-cut pv-cut--${number}`, x1, y1, x2, y2 });
    });
  }

  private mark(): SVGElement[] {
    const plane = this.pane.place.plane;
    if (!this.located || !plane || Math.abs(distance(plane, this.located)) > NEAR_MM) return [];
    const [cx, cy] = this.pane.place.onScreen(toImage(plane, this.located));
    return [drawn('circle', { class: 'pv-located', cx, cy, r: 7 })];
  }

  /** A ruler at the right edge, under the letter that says the side. */
  private scale(width: number, height: number): SVGElement[] {
    const bar = this.pane.attributes?.hasScale && this.pane.place.spacing && scaleBar(this.pane.place.fit * this.pane.view.zoom, height / 4);
    if (!bar) return [];
    const [x, bottom] = [width / 2 - 12, height / 2 - 60];
    const top = bottom - bar.pixels;
    const ticks = `M${x - 6} ${top}H${x}V${bottom}H${x - 6}`;
    return [
      drawn('path', { class: 'pv-scale pv-scale--under', d: ticks }), drawn('path', { class: 'pv-scale', d: ticks }),
      drawn('text', { class: 'pv-scale__text', x: x - 9, y: (top + bottom) / 2 + 4, 'text-anchor': 'end' }, bar.label),
    ];
  }
}
