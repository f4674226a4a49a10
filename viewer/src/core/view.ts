/** How an image lies on the screen. The same numbers drive the server's JPEG (by CSS) and the pixels (by camera). */
export interface ViewState {
  /** 1 fits the whole image into its pane. */
  zoom: number;
  /** CSS pixels, screen axes (x right, y down), from the middle of the pane. */
  panX: number;
  panY: number;
  /** Clockwise degrees: 0, 90, 180, 270. */
  rotation: number;
  flipH: boolean;
  flipV: boolean;
  invert: boolean;
}

export const INITIAL_VIEW: Readonly<ViewState> = {
  zoom: 1, panX: 0, panY: 0, rotation: 0, flipH: false, flipV: false, invert: false,
};

export const MIN_ZOOM = 0.2;
export const MAX_ZOOM = 20;

type Vector3 = [number, number, number];

/** The view zoomed by `factor` so that the point (x, y), in CSS pixels from the pane's middle, stays where it is. */
export function zoomAround(view: ViewState, factor: number, x: number, y: number): ViewState {
  const zoom = Math.max(MIN_ZOOM, Math.min(MAX_ZOOM, view.zoom * factor));
  const real = zoom / view.zoom;
  return { ...view, zoom, panX: x - (x - view.panX) * real, panY: y - (y - view.panY) * real };
}

/** Screen matrix [a, b, c, d] (x' = a·u + c·v, y' = b·u + d·v) of rotation after flips, without zoom. */
export function screenMatrix(view: ViewState): [number, number, number, number] {
  const angle = (view.rotation * Math.PI) / 180;
  const cos = Math.round(Math.cos(angle));
  const sin = Math.round(Math.sin(angle));
  const fx = view.flipH ? -1 : 1;
  const fy = view.flipV ? -1 : 1;
  return [cos * fx, sin * fx, -sin * fy, cos * fy];
}

/**
 * Turn the picture a quarter clockwise. Flips are about the picture's own axes, so the flip seen on screen stays.
 */
export function rotated(view: ViewState): ViewState {
  return { ...view, rotation: (view.rotation + 90) % 360, panX: -view.panY, panY: view.panX };
}

/** Mirror on screen, left to right, whatever the rotation. */
export function flippedHorizontally(view: ViewState): ViewState {
  const across = view.rotation % 180 !== 0;
  const next = { ...view, panX: -view.panX };
  return across ? { ...next, flipV: !view.flipV } : { ...next, flipH: !view.flipH };
}

/** Mirror on screen, top to bottom, whatever the rotation. */
export function flippedVertically(view: ViewState): ViewState {
  const across = view.rotation % 180 !== 0;
  const next = { ...view, panY: -view.panY };
  return across ? { ...next, flipH: !view.flipH } : { ...next, flipV: !view.flipV };
}

/** CSS transform for an image that is laid out with `object-fit: contain`; `stretch` as `pixelStretch` gives it. */
export function cssTransform(view: ViewState, stretch: readonly [number, number] = [1, 1]): string {
  const [a, b, c, d] = screenMatrix(view);
  const [across, down] = [view.zoom * stretch[0], view.zoom * stretch[1]];
  return `matrix(${a * across}, ${b * across}, ${c * down}, ${d * down}, ${view.panX}, ${view.panY})`;
}

/** Size in CSS pixels. */
export interface Size {
  width: number;
  height: number;
}

/**
 * How far `object-fit: contain` of a picture with square pixels has to be stretched across and down, so that its pixels are
 * `aspect` times as high as wide and the whole still fits into `box`.
 */
export function pixelStretch(picture: Size, box: Size, aspect: number): [number, number] {
  const square = Math.min(box.width / picture.width, box.height / picture.height);
  const real = Math.min(box.width / picture.width, box.height / (picture.height * aspect));
  return square > 0 ? [real / square, (aspect * real) / square] : [1, 1];
}

/** CSS pixels from the middle of `box` to the image point (column, row), where whole pixels begin at whole numbers. */
export function screenPoint(view: ViewState, image: Size, box: Size, aspect: number, column: number, row: number): [number, number] {
  const fit = Math.min(box.width / image.width, box.height / (image.height * aspect)) * view.zoom;
  const [a, b, c, d] = screenMatrix(view);
  const [u, v] = [(column - image.width / 2) * fit, (row - image.height / 2) * fit * aspect];
  return [a * u + c * v + view.panX, b * u + d * v + view.panY];
}

/** World directions seen to the right and upwards on screen, from the image's row and column cosines. */
export function screenAxes(view: ViewState, row: Vector3, column: Vector3): { right: Vector3; up: Vector3 } {
  const [a, b, c, d] = screenMatrix(view);
  const det = a * d - b * c;
  const world = (x: number, y: number): Vector3 => {
    const u = (d * x - c * y) / det;
    const v = (-b * x + a * y) / det;
    return [0, 1, 2].map((i) => u * (row[i] ?? 0) + v * (column[i] ?? 0)) as Vector3;
  };
  return { right: world(1, 0), up: world(0, -1) };
}

/** The world offset, in image millimetres along row and column, of the point under the pane's middle. */
export function focalOffset(view: ViewState, pixelsPerMm: number): { u: number; v: number } {
  const [a, b, c, d] = screenMatrix(view);
  const k = view.zoom * pixelsPerMm;
  const det = (a * d - b * c) * k;
  return { u: (d * -view.panX - c * -view.panY) / det, v: (-b * -view.panX + a * -view.panY) / det };
}

export type Direction = 'R' | 'L' | 'A' | 'P' | 'H' | 'F';

/**
 * The patient's directions that a world vector points to, strongest first (DICOM PS3.3 C.7.6.2.1.1: +x left,
 * +y posterior, +z head). Components under 0.2 are left out: an axial slice tilted by ten degrees is still axial.
 */
export function patientDirections(vector: Vector3): Direction[] {
  const names: [Direction, Direction][] = [['R', 'L'], ['A', 'P'], ['F', 'H']];
  return vector
    .map((value, axis) => ({ size: Math.abs(value), name: names[axis]?.[value > 0 ? 1 : 0] as Direction }))
    .filter(({ size }) => size > 0.2)
    .sort((one, other) => other.size - one.size)
    .map(({ name }) => name);
}

const OPPOSITE: Record<Direction, Direction> = { R: 'L', L: 'R', A: 'P', P: 'A', H: 'F', F: 'H' };

export interface EdgeDirections {
  left: Direction[];
  right: Direction[];
  top: Direction[];
  bottom: Direction[];
}

/** What lies at each edge of the screen, from ImageOrientationPatient. */
export function edgesFromOrientation(view: ViewState, orientation: readonly number[]): EdgeDirections {
  const row = orientation.slice(0, 3) as Vector3;
  const column = orientation.slice(3, 6) as Vector3;
  const { right, up } = screenAxes(view, row, column);
  return withOpposites(patientDirections(right), patientDirections(up));
}

/** The same from PatientOrientation (0020,0020), which says where rows and columns go, such as `L\F`. */
export function edgesFromPatientOrientation(view: ViewState, values: readonly string[]): EdgeDirections | null {
  const parse = (value: string | undefined): Direction[] =>
    [...(value ?? '')].filter((letter): letter is Direction => letter in OPPOSITE);
  const row = parse(values[0]);
  const column = parse(values[1]);
  if (!row.length || !column.length) return null;
  const [a, b, c, d] = screenMatrix(view);
  const along = (x: number, y: number): Direction[] => {
    const u = a * x + b * y;
    const v = c * x + d * y;
    const [letters, sign] = Math.abs(u) > Math.abs(v) ? [row, u] : [column, v];
    return sign > 0 ? letters : letters.map((letter) => OPPOSITE[letter]);
  };
  return withOpposites(along(1, 0), along(0, -1));
}

function withOpposites(right: Direction[], top: Direction[]): EdgeDirections {
  const opposite = (letters: Direction[]) => letters.map((letter) => OPPOSITE[letter]);
  return { right, left: opposite(right), top, bottom: opposite(top) };
}

/** A width and a height. */
export interface Size {
  width: number;
  height: number;
}

/** CSS pixels of one unit of an image that is laid whole into a box. */
export function fitScale(image: Size, box: Size): number {
  return Math.min(box.width / image.width, box.height / image.height);
}

/** CSS pixels from the pane's middle of a point in units from the image's middle; `fit` as of `fitScale`. */
export function onScreen(view: ViewState, fit: number, [x, y]: readonly [number, number]): [number, number] {
  const [a, b, c, d] = screenMatrix(view);
  const k = view.zoom * fit;
  return [k * (a * x + c * y) + view.panX, k * (b * x + d * y) + view.panY];
}

/** The inverse of `onScreen`. */
export function underScreen(view: ViewState, fit: number, [x, y]: readonly [number, number]): [number, number] {
  const { u, v } = focalOffset({ ...view, panX: view.panX - x, panY: view.panY - y }, fit);
  return [u, v];
}
