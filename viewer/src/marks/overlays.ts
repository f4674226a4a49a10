/** Overlay planes (60xx) of an image and the bitmaps that planes, segmentations and shutters are drawn from (PS3.3 C.9.2). */
import { numbers, text, type DicomJson } from '../dicomweb/client';

/** One plane: where it lies over the image and where its bits are. */
export interface OverlayPlane {
  label: string;
  /** Its number, 0x6000 to 0x601E. */
  group: number;
  rows: number;
  columns: number;
  /** Row and column of its first point, from 1, in the image. */
  origin: [number, number];
  /** The element with the bits, null where they are unused bits of the pixels. */
  data: DicomJson[string] | null;
  /** Which bit of a pixel holds the plane, where `data` is null. */
  bit: number;
  /** Bits of planes before this frame's. */
  skip: number;
}

/** Groups 6000 to 601E. */
export const GROUPS = Array.from({ length: 16 }, (_, index) => (0x6000 + 2 * index).toString(16).toUpperCase());

/** The planes that lie over `frame` (from 1) of an image. */
export function overlaysOf(set: DicomJson, frame: number): OverlayPlane[] {
  return GROUPS.flatMap((group) => {
    const [rows, columns] = [numbers(set, `${group}0010`)[0], numbers(set, `${group}0011`)[0]];
    if (!rows || !columns) return [];
    const frames = numbers(set, `${group}0015`)[0] ?? 1;
    const at = frame - (numbers(set, `${group}0051`)[0] ?? 1);
    if (frames > 1 && (at < 0 || at >= frames)) return [];
    const origin = numbers(set, `${group}0050`);
    return [{
      group: parseInt(group, 16), label: text(set, `${group}1500`) || text(set, `${group}0022`), rows, columns,
      origin: [origin[0] ?? 1, origin[1] ?? 1] as [number, number],
      data: set[`${group}3000`] ?? null, bit: numbers(set, `${group}0102`)[0] ?? 0,
      skip: frames > 1 ? at * rows * columns : 0,
    }];
  });
}

/** `count` bits from `skip` on, the lowest of a byte first (PS3.5 8.1.2), as 0 and 1. */
export function bitsOf(bytes: Uint8Array, count: number, skip = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => ((bytes[(skip + index) >> 3] ?? 0) >> ((skip + index) & 7)) & 1);
}

/** Bit `bit` of each of `count` pixels of 16 bits, or of 8. */
export function bitsInPixels(bytes: Uint8Array, count: number, bit: number): Uint8Array {
  const wide = bytes.length >= 2 * count;
  return Uint8Array.from({ length: count }, (_, index) => {
    const pixel = wide ? (bytes[2 * index] ?? 0) | ((bytes[2 * index + 1] ?? 0) << 8) : (bytes[index] ?? 0);
    return (pixel >> bit) & 1;
  });
}

export type Rgb = [number, number, number];

/** A grey as presentation values say it, 0 to 65535. */
export function grey(level: number): Rgb {
  const held = Math.round((Math.max(0, Math.min(65535, level)) / 65535) * 255);
  return [held, held, held];
}

/** A picture that shows `share` (0 to 1) of a colour at each point, see-through elsewhere. */
export function bitmap(values: ArrayLike<number>, columns: number, rows: number, [r, g, b]: Rgb, most = 1): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [columns, rows];
  const pen = canvas.getContext('2d');
  if (!pen) return canvas;
  const picture = pen.createImageData(columns, rows);
  for (let at = 0; at < columns * rows; at += 1) {
    const share = (values[at] ?? 0) / most;
    if (share > 0) picture.data.set([r, g, b, 255 * Math.min(1, share)], 4 * at);
  }
  pen.putImageData(picture, 0, 0);
  return canvas;
}

/** CIELab as DICOM packs it (PS3.3 C.10.7.1.1) to sRGB, null where there are not three numbers. */
export function fromCieLab(packed: readonly number[]): Rgb | null {
  if (packed.length !== 3) return null;
  const [l, a, b] = [((packed[0] ?? 0) / 65535) * 100, ((packed[1] ?? 0) / 65535) * 255 - 128, ((packed[2] ?? 0) / 65535) * 255 - 128];
  const y = (l + 16) / 116;
  const cubed = (t: number) => (t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29));
  const [X, Y, Z] = [0.9505 * cubed(y + a / 500), cubed(y), 1.089 * cubed(y - b / 200)];
  const gamma = (linear: number) => {
    const held = Math.max(0, Math.min(1, linear));
    return Math.round(255 * (held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055));
  };
  return [
    gamma(3.2406 * X - 1.5372 * Y - 0.4986 * Z), gamma(-0.9689 * X + 1.8758 * Y + 0.0415 * Z), gamma(0.0557 * X - 0.204 * Y + 1.057 * Z),
  ];
}
