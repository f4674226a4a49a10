/** Draws marks over a pane, on a canvas that lies as the image lies, whichever layer shows it. */
import { greysOf } from '../core/greys';
import type { Pane } from '../core/pane';
import type { ImageRef } from '../core/stack';
import { screenPoint, type Size } from '../core/view';
import type { DicomJson } from '../dicomweb/client';
import type { Cover, Marks } from './marks';
import type { Graphic, Point, TextMark } from './graphics';
import { presentedView, shuttersOf, type Presentation, type Shutters } from './presentation';

type ToScreen = (point: Point) => Point;

export class MarksLayer {
  readonly element = document.createElement('canvas');
  private covers: Cover[] = [];
  private coveredImage = '';
  private applied: Presentation | null = null;
  /** The window and area with which it was applied: those of another image may differ. */
  private looks = '';
  private turn = 0;

  constructor(private readonly pane: Pane, private readonly marks: Marks, private readonly setOf: (image: ImageRef) => DicomJson | null) {
    this.element.className = 'pv-marks';
    this.element.setAttribute('aria-hidden', 'true');
    pane.on('shown', () => void this.update());
    pane.on('view', () => this.draw());
    pane.on('series', () => {
      this.applied = null;
      this.covers = [];
      this.draw();
    });
  }

  /** Hear what marks there are; the returned function ends it. */
  follow(): () => void {
    return this.marks.on('change', () => void this.update(true));
  }

  private get image() {
    return this.pane.series?.kind === 'image' ? this.pane.stack[this.pane.shownIndex] : undefined;
  }

  /** Another image, or other marks: apply its presentation, fetch what covers it, draw. */
  private async update(again = false): Promise<void> {
    const image = this.image;
    const key = image && this.setOf(image) ? `${image.instanceUid}/${image.frame}` : '';
    this.present();
    if (key === this.coveredImage && !again) return this.draw();
    this.coveredImage = key;
    const turn = ++this.turn;
    this.covers = [];
    this.draw();
    const covers = image && key ? await this.marks.covers(image) : [];
    if (turn !== this.turn) return;
    this.covers = covers;
    this.draw();
  }

  /** Let the pane look as the presentation of the image on screen says, and as before where it has none. */
  private present(): void {
    const { pane, image } = this;
    const wanted = this.marks.presentationOf(image);
    if (!image || (!wanted && !this.applied)) return;
    const set = this.setOf(image);
    if (!set) return; // its polarity and size are not known yet
    const before = this.applied;
    this.applied = wanted;
    if (!wanted) return pane.reset();
    const greys = greysOf(set, image.frame);
    const [window, area] = [wanted.window(image.instanceUid, image.frame, greys), wanted.area(image.instanceUid, image.frame)];
    const looks = JSON.stringify([window, area]);
    // what the person changed stays as long as the presentation says the same of the images
    if (wanted === before && looks === this.looks) return;
    this.looks = looks;
    const invert = wanted.inverse !== null && wanted.inverse !== greys.inverse;
    pane.setWindow(window);
    pane.setView(presentedView(wanted, area, this.size(image), this.box, this.aspect, invert));
  }

  private get aspect(): number {
    return this.pane.attributes?.pixelAspect ?? 1;
  }

  private get box(): Size {
    return { width: this.pane.stage.clientWidth, height: this.pane.stage.clientHeight };
  }

  private size(image: { rows: number; columns: number }): Size {
    return { width: image.columns, height: image.rows };
  }

  private draw(): void {
    const { box, element } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (element.width !== width || element.height !== height) [element.width, element.height] = [width, height];
    const pen = element.getContext('2d');
    const image = this.image;
    if (!pen) return;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    element.dataset['drawn'] = '';
    if (!image) return;
    pen.setTransform(ratio, 0, 0, ratio, width / 2, height / 2);
    const toScreen: ToScreen = ([column, row]) => screenPoint(this.pane.view, this.size(image), box, this.aspect, column, row);
    const set = this.setOf(image);
    const presentation = this.applied;
    const shutters = this.marks.overlaysShown ? (presentation?.shutters ?? (set && shuttersOf(set))) : null;
    if (shutters) cover(pen, shutters, this.size(image), toScreen);
    for (const one of this.covers) this.place(pen, one, toScreen, ratio, [width / 2, height / 2]);
    if (presentation) this.drawPresentation(pen, presentation, image, toScreen);
    element.dataset['drawn'] = [this.covers.length && 'covers', shutters && 'shutter', presentation && 'presentation'].filter(Boolean).join(' ');
  }

  private place(pen: CanvasRenderingContext2D, { picture, column, row, opacity }: Cover, toScreen: ToScreen, ratio: number, middle: Point): void {
    const [origin, right, down] = [toScreen([column, row]), toScreen([column + picture.width, row]), toScreen([column, row + picture.height])];
    pen.save();
    const along = (to: Point, index: 0 | 1, size: number) => (ratio * (to[index] - origin[index])) / size;
    pen.setTransform(
      along(right, 0, picture.width), along(right, 1, picture.width), along(down, 0, picture.height), along(down, 1, picture.height),
      middle[0] + ratio * origin[0], middle[1] + ratio * origin[1],
    );
    pen.imageSmoothingEnabled = false;
    pen.globalAlpha = opacity;
    pen.drawImage(picture, 0, 0);
    pen.restore();
  }

  private drawPresentation(pen: CanvasRenderingContext2D, presentation: Presentation, image: { instanceUid: string; frame: number; rows: number; columns: number }, toScreen: ToScreen): void {
    const { from, to } = presentation.area(image.instanceUid, image.frame) ?? { from: [1, 1] as Point, to: [image.columns, image.rows] as Point };
    const corners = [toScreen([from[0] - 1, from[1] - 1]), toScreen(to)];
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const [left, top, right, bottom] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    const ofArea: ToScreen = ([x, y]) => [left + x * (right - left), top + y * (bottom - top)];
    const { graphics, texts } = presentation.graphics(image.instanceUid, image.frame);
    for (const one of graphics) drawGraphic(pen, one, one.ofDisplay ? ofArea : toScreen, right - left);
    for (const one of texts) drawText(pen, one, one.ofDisplay ? ofArea : toScreen, one.anchorOfDisplay ? ofArea : toScreen);
  }
}

/** Cover the image but for what each shutter leaves open (all of them hold at once). */
function cover(pen: CanvasRenderingContext2D, { open, color }: Shutters, image: Size, toScreen: ToScreen): void {
  const trace = (points: Point[]) => points.forEach((point, index) => {
    const [x, y] = toScreen(point);
    if (index) pen.lineTo(x, y);
    else pen.moveTo(x, y);
  });
  const box = (from: Point, to: Point): Point[] => [from, [to[0], from[1]], to, [from[0], to[1]]];
  pen.fillStyle = `rgb(${color.join(' ')})`;
  for (const shutter of open) {
    pen.beginPath();
    trace(box([0, 0], [image.width, image.height]));
    pen.closePath();
    if (shutter.kind === 'box') trace(box(shutter.from, shutter.to));
    else if (shutter.kind === 'polygon') trace(shutter.points);
    else trace(circle(shutter.center, shutter.radius));
    pen.closePath();
    pen.fill('evenodd');
  }
}

function circle([x, y]: Point, radius: number): Point[] {
  return ellipse([x, y], [radius, 0], [0, radius]);
}

const ROUND = 72;

function ellipse([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): Point[] {
  return Array.from({ length: ROUND + 1 }, (_, step): Point => {
    const angle = (2 * Math.PI * step) / ROUND;
    return [x + ax * Math.cos(angle) + bx * Math.sin(angle), y + ay * Math.cos(angle) + by * Math.sin(angle)];
  });
}

/** The points of a graphic's outline; an interpolated one goes through its points in curves (Catmull-Rom). */
export function outline({ shape, points }: Pick<Graphic, 'shape' | 'points'>): Point[] {
  const [first, second, third, fourth] = points as [Point, Point?, Point?, Point?];
  if (shape === 'CIRCLE' && second) return circle(first, Math.hypot(second[0] - first[0], second[1] - first[1]));
  if (shape === 'ELLIPSE' && second && third && fourth) {
    const middle: Point = [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2];
    return ellipse(middle, [(second[0] - first[0]) / 2, (second[1] - first[1]) / 2], [(fourth[0] - third[0]) / 2, (fourth[1] - third[1]) / 2]);
  }
  return shape === 'INTERPOLATED' && points.length > 2 ? curved(points) : points;
}

function curved(points: Point[]): Point[] {
  const at = (index: number): Point => points[Math.max(0, Math.min(points.length - 1, index))] ?? [0, 0];
  return points.flatMap((point, index) => (index === points.length - 1 ? [point] : Array.from({ length: 12 }, (_, step): Point => {
    const t = step / 12;
    const mix = (axis: 0 | 1) => {
      const [p0, p1, p2, p3] = [at(index - 1)[axis], at(index)[axis], at(index + 1)[axis], at(index + 2)[axis]];
      return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t * t + (3 * p1 - p0 - 3 * p2 + p3) * t ** 3);
    };
    return [mix(0), mix(1)];
  })));
}

/** @param display width of the displayed area on screen, of which gaps and crosses are shares */
function drawGraphic(pen: CanvasRenderingContext2D, graphic: Graphic, toScreen: ToScreen, display: number): void {
  const points = outline(graphic).map(toScreen);
  const [first] = points;
  if (!first) return;
  pen.save();
  if (graphic.gap) leaveOut(pen, toScreen(graphic.gap.at), (graphic.gap.diameter * display) / 2);
  pen.beginPath();
  if (graphic.shape === 'POINT') pen.arc(first[0], first[1], 3, 0, 2 * Math.PI);
  else if (graphic.shape === 'CROSS') cross(pen, first, (graphic.diameter * display) / 2);
  else points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  const { line: { color, thickness, dashed }, fill } = graphic;
  const [origin, unit] = [toScreen([0, 0]), toScreen([1, 0])];
  const width = thickness * Math.hypot(unit[0] - origin[0], unit[1] - origin[1]);
  pen.setLineDash(dashed ? [8, 6] : []);
  stroke(pen, `rgb(${color.join(' ')})`, width ? Math.max(1, Math.min(12, width)) : 2);
  if (fill) {
    pen.fillStyle = `rgb(${fill.color.join(' ')} / ${fill.opacity})`;
    pen.fill();
  }
  pen.restore();
}

/** Draw nothing inside this circle from here on. */
function leaveOut(pen: CanvasRenderingContext2D, [x, y]: Point, radius: number): void {
  pen.beginPath();
  pen.rect(-1e5, -1e5, 2e5, 2e5);
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.clip('evenodd');
}

function cross(pen: CanvasRenderingContext2D, [x, y]: Point, half: number): void {
  pen.moveTo(x - half, y);
  pen.lineTo(x + half, y);
  pen.moveTo(x, y - half);
  pen.lineTo(x, y + half);
}

/** A line that is seen on bright and on dark. */
function stroke(pen: CanvasRenderingContext2D, color: string, width = 2): void {
  for (const [style, wide] of [['rgb(0 0 0 / .7)', width + 2], [color, width]] as const) {
    [pen.strokeStyle, pen.lineWidth] = [style, wide];
    pen.stroke();
  }
}

const LINE_PX = 18;

function drawText(pen: CanvasRenderingContext2D, mark: TextMark, toScreen: ToScreen, anchorToScreen: ToScreen): void {
  const [x, y] = placeOf(mark, toScreen);
  const color = `rgb(${mark.color.join(' ')})`;
  if (mark.anchor) {
    const [ax, ay] = anchorToScreen(mark.anchor);
    pen.beginPath();
    pen.moveTo(x, y + LINE_PX / 2);
    pen.lineTo(ax, ay);
    stroke(pen, color);
  }
  pen.font = '600 15px "Figtree Variable", Figtree, system-ui, sans-serif';
  pen.textBaseline = 'top';
  pen.textAlign = mark.align;
  mark.lines.forEach((line, index) => {
    pen.lineJoin = 'round';
    [pen.strokeStyle, pen.lineWidth, pen.fillStyle] = ['rgb(0 0 0 / .8)', 4, color];
    pen.strokeText(line, x, y + index * LINE_PX);
    pen.fillText(line, x, y + index * LINE_PX);
  });
}

/** Where words begin, are in the middle or end, by their alignment: on screen, however the image lies. */
function placeOf({ at, opposite, align }: TextMark, toScreen: ToScreen): Point {
  const [start, end] = [toScreen(at), toScreen(opposite)];
  const [left, right] = [Math.min(start[0], end[0]), Math.max(start[0], end[0])];
  return [align === 'left' ? left : align === 'right' ? right : (left + right) / 2, Math.min(start[1], end[1])];
}
