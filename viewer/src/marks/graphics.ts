/** What a presentation state draws (PS3.3 C.10.5): simple and compound graphics, and words. */
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import { fromCieLab, type Rgb } from './overlays';

export type Point = [number, number];

/** Points are [column, row] from the top left corner of the first pixel, or shares of the displayed area. */
export interface Graphic {
  /** CROSS: two lines through its one point. */
  shape: 'POINT' | 'POLYLINE' | 'INTERPOLATED' | 'CIRCLE' | 'ELLIPSE' | 'CROSS';
  points: Point[];
  /** True where the points are shares of the displayed area (0 to 1). */
  ofDisplay: boolean;
  line: Line;
  fill: Fill | null;
  /** Nothing is drawn in this circle; its diameter, and that of a cross, are shares of the displayed area. */
  gap: { at: Point; diameter: number } | null;
  diameter: number;
}

interface Line {
  color: Rgb;
  /** In the unit of the points; 0 leaves it to whoever draws. */
  thickness: number;
  dashed: boolean;
}

interface Fill {
  color: Rgb;
  opacity: number;
}

export interface TextMark {
  lines: string[];
  /** Top left of the words, and the other corner of their box; the same point where they have none. */
  at: Point;
  opposite: Point;
  align: 'left' | 'center' | 'right';
  ofDisplay: boolean;
  /** What the words are about, where a line leads there. */
  anchor: Point | null;
  anchorOfDisplay: boolean;
  color: Rgb;
}

export interface Drawing {
  graphics: Graphic[];
  texts: TextMark[];
}

const SIMPLE = ['POINT', 'POLYLINE', 'INTERPOLATED', 'CIRCLE', 'ELLIPSE'];
const ALIGNED: Record<string, TextMark['align']> = { CENTER: 'center', RIGHT: 'right' };
const FILL_OPACITY = 0.35;
/** A line that has no end is drawn so many times its own length to each side. */
const ENDLESS = 1000;
const TICKS = 10;

export function pairs(flat: readonly number[]): Point[] {
  return Array.from({ length: flat.length >> 1 }, (_, index): Point => [flat[2 * index] ?? 0, flat[2 * index + 1] ?? 0]);
}

/** What an item of the Graphic Annotation Sequence draws; a graphic without a style of its own has its layer's colour. */
export function drawingOf(annotation: DicomJson, color: Rgb): Drawing {
  const [simple, words] = [items(annotation, '00700009'), items(annotation, '00700008')];
  // the sender's own rendering of a compound graphic, for those who know simple ones only: it is drawn, and not twice
  const rendered = new Set([...simple, ...words].map((one) => numbers(one, '00700226')[0]));
  const compound = items(annotation, '00700209').filter((one) => !rendered.has(numbers(one, '00700226')[0]) && text(one, '00700282') !== 'MATRIX').map((one) => compoundOf(one, color));
  return {
    graphics: [...simple.flatMap((one) => graphicOf(one, color)), ...compound.flatMap(({ graphics }) => graphics)],
    texts: [...words.flatMap((one) => textOf(one, color)), ...compound.flatMap(({ texts }) => texts)],
  };
}

function styleOf(item: DicomJson, color: Rgb, unit: string): Omit<Graphic, 'shape' | 'points'> {
  const [line, fill] = [items(item, '00700232')[0] ?? {}, items(item, '00700233')[0] ?? {}];
  const own = fromCieLab(numbers(line, '00700251')) ?? color;
  return {
    line: { color: own, thickness: numbers(line, '00700253')[0] ?? 0, dashed: text(line, '00700254') === 'DASHED' },
    fill: text(item, '00700024') === 'Y'
      ? { color: fromCieLab(numbers(fill, '00700251')) ?? own, opacity: numbers(fill, '00700284')[0] ?? FILL_OPACITY } : null,
    ofDisplay: text(item, unit) === 'DISPLAY', gap: null, diameter: 0,
  };
}

function graphicOf(item: DicomJson, color: Rgb): Graphic[] {
  const shape = text(item, '00700023') as Graphic['shape'];
  const points = pairs(numbers(item, '00700022'));
  return SIMPLE.includes(shape) && points.length && text(item, '00700005') !== 'MATRIX' ? [{ shape, points, ...styleOf(item, color, '00700005') }] : [];
}

function textOf(item: DicomJson, color: Rgb): TextMark[] {
  const lines = text(item, '00700006').split(/\r\n|\r|\n/);
  const [corner, opposite, anchor] = ['00700010', '00700011', '00700014'].map((tag) => pairs(numbers(item, tag))[0]);
  const at = corner ?? anchor;
  const [boxUnit, anchorUnit] = [text(item, '00700003'), text(item, '00700004')];
  if (!at || !lines.join('') || boxUnit === 'MATRIX' || anchorUnit === 'MATRIX') return [];
  const [ofBox, ofAnchor] = [boxUnit === 'DISPLAY', anchorUnit === 'DISPLAY'];
  const pointed = corner && anchor && text(item, '00700015') === 'Y';
  return [{
    lines, at, opposite: (corner && opposite) ?? at, align: ALIGNED[text(item, '00700012')] ?? 'left', ofDisplay: corner ? ofBox : ofAnchor, anchor: pointed ? anchor : null, anchorOfDisplay: ofAnchor,
    color: fromCieLab(numbers(items(item, '00700231')[0] ?? {}, '00700241')) ?? color,
  }];
}

/** A compound graphic (C.10.5.1.3) as the lines that it is made of. */
function compoundOf(item: DicomJson, color: Rgb): Drawing {
  const kind = text(item, '00700294');
  const given = pairs(numbers(item, '00700022'));
  const first = given[0];
  if (!first) return { graphics: [], texts: [] };
  const pivot = pairs(numbers(item, '00700273'))[0];
  const turn = turning(pivot, numbers(item, '00700230')[0] ?? 0);
  const style = styleOf(item, color, '00700282');
  const gapLength = numbers(item, '00700261')[0] ?? 0;
  const centre = kind === 'CROSSHAIR' ? first : pivot;
  const gap = gapLength > 0 && centre && ['CROSSHAIR', 'CUTLINE', 'INFINITELINE'].includes(kind) ? { at: centre, diameter: gapLength } : null;
  const ticks = ticksOf(item, kind);
  const graphics = strokes(kind, given, ticks).map(({ shape, points }): Graphic => ({
    ...style, shape, points: points.map(turn), gap, diameter: numbers(item, '00700262')[0] ?? 1,
  }));
  const [start, end] = [first, given[1] ?? first];
  const labels = text(item, '00700278') === 'N' ? [] : ticks.filter(({ label }) => label);
  const texts = labels.map(({ at, label }): TextMark => ({
    lines: [label], ...atOnce(turn(between(start, end, at))), align: 'left', ofDisplay: style.ofDisplay, anchor: null, anchorOfDisplay: false, color: style.line.color,
  }));
  return { graphics, texts };
}

const atOnce = (at: Point) => ({ at, opposite: at });

interface Stroke {
  shape: Graphic['shape'];
  points: Point[];
}

interface Tick {
  /** From 0, the first point, to 1, the second. */
  at: number;
  label: string;
}

function ticksOf(item: DicomJson, kind: string): Tick[] {
  if (kind !== 'RULER' && kind !== 'AXIS') return [];
  const major = items(item, '00700287').map((one) => ({ at: numbers(one, '00700288')[0] ?? 0, label: text(one, '00700289') }));
  return major.length || kind === 'AXIS' ? major : Array.from({ length: TICKS + 1 }, (_, step) => ({ at: step / TICKS, label: '' }));
}

function strokes(kind: string, points: Point[], ticks: readonly Tick[]): Stroke[] {
  const line = (...through: Point[]): Stroke => ({ shape: 'POLYLINE', points: through });
  const [a, b = a] = points as [Point, Point?];
  const [left, top, right, bottom] = [a[0], a[1], b[0], b[1]];
  const bar = (at: number, share: number): Stroke => {
    const [x, y] = between(a, b, at);
    const [across, down] = [((bottom - top) * share) / 2, ((left - right) * share) / 2];
    return line([x - across, y - down], [x + across, y + down]);
  };
  switch (kind) {
    case 'MULTILINE': return Array.from({ length: points.length >> 1 }, (_, pair) => line(...points.slice(2 * pair, 2 * pair + 2)));
    case 'INFINITELINE': return [line(between(a, b, -ENDLESS), between(a, b, 1 + ENDLESS))];
    case 'RANGELINE': return [line(a, b), bar(0, 0.1), bar(1, 0.1)];
    case 'RULER': case 'AXIS': return [line(a, b), ...ticks.map(({ at }) => bar(at, 0.05))];
    case 'RECTANGLE': return [line(a, [right, top], b, [left, bottom], a)];
    case 'CROSSHAIR': return [{ shape: 'CROSS', points: [a] }];
    case 'ARROW': { // the first point is where the head is
      const [x, y] = between(a, b, 0.2);
      const barb = (side: number): Point => [x + side * (bottom - top) * 0.1, y + side * (left - right) * 0.1];
      return [line(a, b), line(barb(-1), a, barb(1))];
    }
    case 'ELLIPSE': return [{
      shape: 'ELLIPSE',
      points: [[left, (top + bottom) / 2], [right, (top + bottom) / 2], [(left + right) / 2, top], [(left + right) / 2, bottom]],
    }];
    default: return [line(...points)];
  }
}

function between([x, y]: Point, [toX, toY]: Point, share: number): Point {
  return [x + (toX - x) * share, y + (toY - y) * share];
}

/** Counterclockwise on screen, where rows go down. */
function turning(pivot: Point | undefined, degrees: number): (point: Point) => Point {
  if (!pivot || !degrees) return (point) => point;
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return ([x, y]) => {
    const [dx, dy] = [x - pivot[0], y - pivot[1]];
    return [pivot[0] + dx * cos + dy * sin, pivot[1] - dx * sin + dy * cos];
  };
}
