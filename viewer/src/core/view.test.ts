import { describe, expect, it } from 'vitest';
import {
  cssTransform, onScreen as pointOnScreen, underScreen, edgesFromOrientation, edgesFromPatientOrientation, flippedHorizontally, flippedVertically, focalOffset,
  INITIAL_VIEW, MAX_ZOOM, patientDirections, rotated, screenAxes, zoomAround, type ViewState,
} from './view';

const AXIAL = [1, 0, 0, 0, 1, 0];
const CORONAL = [1, 0, 0, 0, 0, -1];
const SAGITTAL = [0, 1, 0, 0, 0, -1];
const view = (change: Partial<ViewState> = {}): ViewState => ({ ...INITIAL_VIEW, ...change });

/** Where the CSS matrix puts the image point (u, v), from the pane's middle. */
function onScreen(of: ViewState, u: number, v: number): [number, number] {
  const [a, b, c, d, e, f] = cssTransform(of).slice(7, -1).split(', ').map(Number) as [number, number, number, number, number, number];
  return [a * u + c * v + e, b * u + d * v + f];
}

describe('orientation letters', () => {
  it('puts the right side of the patient at the left of an axial image, front on top', () => {
    expect(edgesFromOrientation(view(), AXIAL)).toEqual({ left: ['R'], right: ['L'], top: ['A'], bottom: ['P'] });
  });
  it('reads coronal and sagittal images', () => {
    expect(edgesFromOrientation(view(), CORONAL)).toMatchObject({ left: ['R'], top: ['H'] });
    expect(edgesFromOrientation(view(), SAGITTAL)).toMatchObject({ left: ['A'], right: ['P'], top: ['H'] });
  });
  it('swaps left and right with a mirror, and turns with a rotation', () => {
    expect(edgesFromOrientation(flippedHorizontally(view()), AXIAL)).toMatchObject({ left: ['L'], top: ['A'] });
    expect(edgesFromOrientation(flippedVertically(view()), AXIAL)).toMatchObject({ left: ['R'], top: ['P'] });
    // A quarter clockwise brings the left edge (right side) to the top.
    expect(edgesFromOrientation(rotated(view()), AXIAL)).toMatchObject({ top: ['R'], right: ['A'] });
  });
  it('mirrors what is seen, whatever the rotation', () => {
    expect(edgesFromOrientation(flippedHorizontally(rotated(view())), AXIAL)).toMatchObject({ top: ['R'], right: ['P'] });
  });
  it('names both directions of an oblique image, strongest first', () => {
    expect(patientDirections([0.5, -0.8, 0.1])).toEqual(['A', 'L']);
  });
  it('reads PatientOrientation of a chest image, and is silent where it is missing', () => {
    expect(edgesFromPatientOrientation(view(), ['L', 'F'])).toEqual({ left: ['R'], right: ['L'], top: ['H'], bottom: ['F'] });
    expect(edgesFromPatientOrientation(rotated(view()), ['L', 'F'])).toMatchObject({ top: ['R'], right: ['H'] });
    expect(edgesFromPatientOrientation(view(), ['', ''])).toBeNull();
  });
});

describe('the camera and the CSS matrix agree', () => {
  const cases: ViewState[] = [
    view(), view({ zoom: 2, panX: 30, panY: -12 }), view({ rotation: 90, panX: 5 }), view({ flipH: true, panX: 7, panY: 9 }),
    view({ rotation: 270, flipV: true, zoom: 3.5, panX: -40, panY: 21 }), view({ rotation: 180, flipH: true, flipV: true, panY: 3 }),
  ];
  it.each(cases)('%o', (one) => {
    // The image point under the middle of the pane, by the camera, must be put there by CSS.
    const { u, v } = focalOffset(one, 2);
    const [x, y] = onScreen(one, u * 2, v * 2);
    expect(x).toBeCloseTo(0);
    expect(y).toBeCloseTo(0);
    // What the camera calls up must be up for CSS.
    const { up, right } = screenAxes(one, [1, 0, 0], [0, 1, 0]);
    const [x0, y0] = onScreen(one, 0, 0);
    const [ux, uy] = onScreen(one, up[0], up[1]);
    const [rx, ry] = onScreen(one, right[0], right[1]);
    expect([ux - x0, uy - y0].map((n) => Math.round(n * 100) / 100)).toEqual([0, -one.zoom]);
    expect([rx - x0, ry - y0].map((n) => Math.round(n * 100) / 100)).toEqual([one.zoom, 0]);
  });
});

it('finds the image point under a screen point', () => {
  const of = view({ rotation: 90, flipH: true, zoom: 3, panX: 12, panY: -7 });
  const [x, y] = pointOnScreen(of, 2, [10, 4]);
  expect(onScreen(of, 20, 8)).toEqual([x, y]);
  underScreen(of, 2, [x, y]).forEach((value, axis) => expect(value).toBeCloseTo([10, 4][axis] as number));
});

it('zooms around a point and within limits', () => {
  const near = zoomAround(view(), 2, 100, 50);
  expect(near).toMatchObject({ zoom: 2, panX: -100, panY: -50 });
  expect(zoomAround(view(), 1000, 0, 0).zoom).toBe(MAX_ZOOM);
});
