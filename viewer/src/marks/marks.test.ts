import { describe, expect, it } from 'vitest';
import { screenPoint } from '../core/view';
import type { DicomJson } from '../dicomweb/client';
import { onlyPart } from '../dicomweb/client';
import { bitsInPixels, bitsOf, fromCieLab, overlaysOf } from './overlays';
import { gapsOf } from './gaps';
import { drawingOf } from './graphics';
import { isOf, presentationOf, presentedView, shuttersOf } from './presentation';
import { framesOver, segmentationOf, type ImagePlace } from './segmentation';

const value = (...values: unknown[]) => ({ Value: values });

describe('overlay planes', () => {
  it('are read low bit first, from their data or from unused bits of the pixels', () => {
    expect([...bitsOf(new Uint8Array([0b00000101, 0b1]), 9)]).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1]);
    expect([...bitsOf(new Uint8Array([0b11110000]), 4, 4)]).toEqual([1, 1, 1, 1]);
    expect([...bitsInPixels(new Uint8Array([0, 0x80, 0xff, 0x7f]), 2, 15)]).toEqual([1, 0]);
  });

  it('of several frames lie over theirs alone', () => {
    const set: DicomJson = { '60000010': value(2), '60000011': value(4), '60000015': value(3), '60000051': value(2) };
    expect(overlaysOf(set, 1)).toEqual([]);
    expect(overlaysOf(set, 3).map(({ skip, origin }) => [skip, origin])).toEqual([[8, [1, 1]]]);
  });

  it('have colours in CIELab', () => {
    expect(fromCieLab([65535, 32896, 32896])?.every((one) => one >= 254)).toBe(true);
    expect(fromCieLab([34885, 53485, 50171])).toSatisfy((rgb: number[]) => (rgb[0] ?? 0) > 200 && (rgb[2] ?? 255) < 60);
    expect(fromCieLab([1])).toBeNull();
  });
});

describe('a presentation', () => {
  const set: DicomJson = {
    '00080018': value('9'), '00700080': value('A'), '00700042': value(90), '00700041': value('Y'),
    '00081115': value({ '0020000E': value('1'), '00081140': value({ '00081155': value('1.1'), '00081160': value(2) }) }),
    '0070005A': value({ '00700052': value(51, 1), '00700053': value(100, 50) }),
  };

  it('is about the frames that it names', () => {
    const read = presentationOf(set);
    expect([isOf(read, '1.1', 2), isOf(read, '1.1', 1), isOf(read, '1.2', 2)]).toEqual([true, false, false]);
  });

  it('fills the pane with its displayed area, turned and mirrored', () => {
    const [image, box] = [{ width: 100, height: 100 }, { width: 400, height: 400 }];
    const read = presentationOf(set);
    const view = presentedView(read, read.area('1.1', 2), image, box, 1, false);
    const corners = [[50, 0], [100, 50]].map(([column = 0, row = 0]) => screenPoint(view, image, box, 1, column, row));
    for (const at of [0, 1] as const) {
      expect(Math.min(...corners.map((one) => one[at]))).toBeCloseTo(-200);
      expect(Math.max(...corners.map((one) => one[at]))).toBeCloseTo(200);
    }
    // a quarter clockwise puts the image's top at the right, the mirror then at the left
    expect(screenPoint(view, image, box, 1, 75, 0)[0]).toBeLessThan(screenPoint(view, image, box, 1, 75, 50)[0]);
  });

  it('keeps its area where pixels are not square, and magnifies where that is asked for', () => {
    const area = { from: [1, 1] as [number, number], to: [50, 25] as [number, number], column: null, trueSize: false };
    const [image, box, plain] = [{ width: 100, height: 50 }, { width: 400, height: 400 }, { rotation: 0, flip: false }];
    const view = presentedView(plain, area, image, box, 2, false);
    expect(screenPoint(view, image, box, 2, 0, 0).map(Math.round)).toEqual([-200, -200]);
    expect(screenPoint(view, image, box, 2, 50, 25).map(Math.round)).toEqual([200, 200]);
    const double = presentedView(plain, { from: [1, 1], to: [100, 50], column: 2, trueSize: false }, image, box, 1, false);
    expect(screenPoint(double, image, box, 1, 10, 0)[0] - screenPoint(double, image, box, 1, 0, 0)[0]).toBeCloseTo(20);
  });

  it('has shutters of every shape', () => {
    const shutters = shuttersOf({
      '00181600': value('CIRCULAR', 'POLYGONAL'), '00181610': value(20, 30), '00181612': value(7), '00181620': value(1, 2, 3, 4), '00181622': value(65535),
    });
    expect(shutters).toEqual({
      color: [255, 255, 255], open: [{ kind: 'circle', center: [29.5, 19.5], radius: 7 }, { kind: 'polygon', points: [[1.5, 0.5], [3.5, 2.5]] }],
    });
    expect(shuttersOf({})).toBeNull();
  });
});

describe('what a presentation says of layers, values and sizes', () => {
  const layer = (name: string, order: number, more: DicomJson) => ({ '00700002': value(name), '00700062': value(order), ...more });
  const circle = (name: string) => ({ '00700002': value(name), '00700009': value({ '00700005': value('PIXEL'), '00700022': value(1, 1, 2, 2), '00700023': value('CIRCLE') }) });
  const state = presentationOf({
    '00281052': value(-1000), '00281053': value(2), '00283110': value({ '00281050': value(-900), '00281051': value(400) }),
    '00700060': value(layer('OVER', 2, { '00700066': value(32768) }), layer('UNDER', 1, {})), '00700001': value(circle('OVER'), circle('UNDER')),
    '60001001': value('OVER'), '60021001': value(''), '0070005A': value({
      '00700052': value(1, 1), '00700053': value(9, 9), '00700100': value('TRUE SIZE'), '00700101': value(0.5, 0.25) }),
  });

  it('is drawn layer by layer, each in its colour or grey', () => {
    expect(state.graphics('1', 1).graphics.map(({ line }) => line.color)).toEqual([[255, 216, 77], [128, 128, 128]]);
    expect([...state.activated]).toEqual([[0x6000, [128, 128, 128]]]);
  });

  it('has its window in the unit of the file', () => {
    // stored 50 and a width of 200 stored values
    expect(state.window('1', 1, { slope: 1, intercept: -24 })).toEqual({ center: 26, width: 200 });
  });

  it('has its true size in millimetres of the screen', () => {
    const { trueSize, column } = state.area('1', 1) ?? {};
    expect([trueSize, column?.toFixed(6)]).toEqual([true, ((0.25 * 96) / 25.4).toFixed(6)]);
  });

  it('does not turn words with the picture, and puts them where their box says', () => {
    const words = { '00700003': value('PIXEL'), '00700006': value('A'), '00700010': value(10, 20), '00700011': value(30, 40), '00700012': value('RIGHT') };
    expect(drawingOf({ '00700008': value(words) }, [1, 2, 3]).texts[0]).toMatchObject({ at: [10, 20], opposite: [30, 40], align: 'right' });
  });

  it('names what is not done, and nothing else', () => {
    const image: DicomJson = { '60000010': value(2), '60000011': value(2), '00281056': value('SIGMOID') };
    const windowed = { '00281050': value(1), '00281051': value(2) };
    const gaps = (of: DicomJson, voi: DicomJson = {}, shown: number[] = [0x6000]) => gapsOf(of, image, 1, voi, new Set(shown));
    expect(gaps({}, { ...windowed, '00281056': value('SIGMOID') })).toEqual([]);
    expect(gaps({}, windowed, [])).toEqual(['gapCurve', 'gapPlanes']);
    expect(gaps({ '00286100': value({}), '00080016': value('1.2.840.10008.5.1.4.1.1.11.4') })).toEqual(['gapMask', 'gapColours']);
    expect(gaps({ '0070005A': value({ '00700102': value(2, 1) }) })).toEqual(['gapShape']);
    const tiled = { '00700009': value({ '00700005': value('MATRIX'), '00700023': value('POINT'), '00700022': value(1, 1) }) };
    expect([gaps({ '00700001': value(tiled) }), drawingOf(tiled, [1, 2, 3]).graphics]).toEqual([['gapTiles'], []]);
    expect(gaps({ '00283000': value({}) })).toEqual(['gapValues']);
  });
});

describe('compound graphics', () => {
  const of = (kind: string, points: number[], more: DicomJson = {}) => drawingOf({
    '00700209': value({ '00700294': value(kind), '00700226': value(1), '00700282': value('PIXEL'), '00700022': value(...points), ...more }),
  }, [1, 2, 3]);
  const lines = (kind: string, points: number[], more: DicomJson = {}) => of(kind, points, more).graphics.map((one) => one.points);

  it('are the lines that they are made of', () => {
    expect(lines('MULTILINE', [0, 0, 1, 0, 5, 5, 6, 6])).toEqual([[[0, 0], [1, 0]], [[5, 5], [6, 6]]]);
    expect(lines('RECTANGLE', [1, 2, 5, 4])).toEqual([[[1, 2], [5, 2], [5, 4], [1, 4], [1, 2]]]);
    expect(of('ELLIPSE', [0, 0, 8, 4]).graphics[0]).toMatchObject({ shape: 'ELLIPSE', points: [[0, 2], [8, 2], [4, 0], [4, 4]] });
    expect(lines('RULER', [0, 0, 100, 0])).toHaveLength(12);
    expect(lines('RANGELINE', [0, 0, 10, 0])[1]).toEqual([[0, 0.5], [0, -0.5]]);
    expect(lines('INFINITELINE', [0, 0, 1, 0])[0]?.[0]?.[0]).toBeLessThan(-900);
  });

  it('point an arrow at its first point', () => {
    const [shaft, head] = lines('ARROW', [10, 10, 110, 10]);
    expect(shaft).toEqual([[10, 10], [110, 10]]);
    expect(head).toEqual([[30, 20], [10, 10], [30, 0]]);
  });

  it('turn counterclockwise about their point', () => {
    const turned = lines('CUTLINE', [0, 0, 10, 0], { '00700230': value(90), '00700273': value(0, 0) })[0]?.[1] ?? [0, 0];
    expect(turned.map(Math.round)).toEqual([0, -10]);
  });

  it('leave a gap, label their ticks, and have styles', () => {
    expect(of('CUTLINE', [0, 0, 10, 0], { '00700261': value(0.1), '00700273': value(5, 0) }).graphics[0]?.gap).toEqual({ at: [5, 0], diameter: 0.1 });
    const axis = of('AXIS', [0, 0, 10, 0], { '00700287': value({ '00700288': value(0.5), '00700289': value('5 mm') }) });
    expect(axis.texts.map(({ lines: words, at }) => [words, at])).toEqual([[['5 mm'], [5, 0]]]);
    const styled = of('ARROW', [0, 0, 1, 1], { '00700232': value({ '00700253': value(3), '00700254': value('DASHED'), '00700251': value(65535, 32896, 32896) }) });
    expect(styled.graphics[0]?.line).toMatchObject({ thickness: 3, dashed: true });
    expect(styled.graphics[0]?.line.color[0]).toBeGreaterThan(250);
  });

  it('are drawn by what the sender drew for others, and not twice', () => {
    const both = drawingOf({
      '00700209': value({ '00700294': value('RECTANGLE'), '00700226': value(7), '00700022': value(0, 0, 1, 1) }),
      '00700009': value({ '00700023': value('POLYLINE'), '00700226': value(7), '00700022': value(0, 0, 2, 2) }),
    }, [1, 2, 3]);
    expect(both.graphics.map(({ points }) => points)).toEqual([[[0, 0], [2, 2]]]);
  });
});

describe('a segmentation', () => {
  const frame = (segment: number, more: DicomJson): DicomJson => ({ '0062000A': value({ '0062000B': value(segment) }), ...more });
  const set: DicomJson = {
    '00280008': value(2), '00280010': value(4), '00280011': value(4), '00200052': value('7'), '00620001': value('BINARY'),
    '00620002': value({ '00620004': value(1), '00620005': value('Liver') }, { '00620004': value(2), '0062000F': value({ '00080104': value('Cyst') }) }),
    '52009229': value({ '00209116': value({ '00200037': value(1, 0, 0, 0, 1, 0) }) }),
    '52009230': value(
      frame(1, { '00089124': value({ '00082112': value({ '00081155': value('1.1'), '00081160': value(3) }) }) }),
      frame(2, { '00209113': value({ '00200032': value(0, 0, 5) }) }),
    ),
  };
  const image: ImagePlace = {
    instance: '1.1', frame: 3, rows: 4, columns: 4, position: [0, 0, 5.01], orientation: [1, 0, 0, 0, 1, 0], frameOfReference: '7',
  };

  it('lies over the images that it names, else over those in the same place', () => {
    const read = segmentationOf(set);
    expect(read.segments.map(({ label }) => label)).toEqual(['Liver', 'Cyst']);
    expect(framesOver(read, image).map(({ segment }) => segment)).toEqual([1, 2]);
    expect(framesOver(read, { ...image, frame: 1 }).map(({ segment }) => segment)).toEqual([2]);
    expect(framesOver(read, { ...image, instance: '1.2', position: [0, 0, 6] })).toEqual([]);
    expect(framesOver(read, { ...image, frame: 1, frameOfReference: '8' })).toEqual([]);
    expect(framesOver(read, { ...image, rows: 8 })).toEqual([]);
  });
});

it('takes the only part of a multipart answer, exactly', () => {
  const whole = new TextEncoder().encode('--x\r\nContent-Type: a/b\r\n\r\n\r\n12\r\n--x--\r\n');
  expect(new TextDecoder().decode(onlyPart(whole, 'multipart/related; boundary="x"'))).toBe('\r\n12');
  expect(onlyPart(new Uint8Array([1]), 'application/octet-stream')).toEqual(new Uint8Array([1]));
});
