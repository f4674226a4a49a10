/** Reads the slices of a stack into one array, and lends the engine planes through it as images. Loaded when MPR is asked for. */
import { cache, Enums, imageLoader, utilities, type Types } from '@cornerstonejs/core';
import type { InstanceInfo, SeriesInfo } from '../app/context';
import { loadFrame } from '../core/frames';
import { along, type Vec3 } from '../core/geometry';
import { greysOf, type Greys } from '../core/greys';
import { forgetMade, imageIdOf } from '../core/pixels';
import type { ImageRef } from '../core/stack';
import { empty, emptyIn } from '../core/true-greys';
import type { Window } from '../core/window';
import { numbers, type DicomJson, type DicomWeb } from '../dicomweb/client';
import { resliceSlanted, slanted, slantedHalf, slantedOrigin, type Frame, type Slanted } from './oblique';
import type { VolumePlan } from './plan';
import { cutsOf, halfSlices, noPixel, originOf, reslice, type PlaneName, type Slab, type Values, type Volume } from './reslice';

const AT_ONCE = 4;
const SCHEME = 'made';

/** Whether every value of these images, after the modality LUT (PS3.3 C.11.1), is a whole number of 16 bits. */
export function fitsShort(sets: Iterable<DicomJson>): boolean {
  for (const set of sets) {
    const [slope, intercept] = [numbers(set, '00281053')[0] ?? 1, numbers(set, '00281052')[0] ?? 0];
    const [bits, signed] = [numbers(set, '00280101')[0] ?? 16, numbers(set, '00280103')[0] === 1];
    const ends = (signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]).map((one) => one * slope + intercept);
    const whole = Number.isInteger(slope) && Number.isInteger(intercept) && !set['00283000'];
    if (!whole || set['52009229'] || Math.min(...ends) < -32768 || Math.max(...ends) > 32767) return false;
  }
  return true;
}

export interface Loading {
  plan: VolumePlan;
  stack: readonly ImageRef[];
  short: boolean;
  web: DicomWeb;
  /** Slices read so far; false ends the reading. */
  progress(done: number): boolean;
}

/**
 * Read a volume. What was not in the engine's cache before does not stay there: its values are in the volume.
 * @returns null where the reading was ended.
 * @throws whatever the loader throws for a slice that does not come.
 */
export async function loadVolume({ plan, stack, short, web, progress }: Loading): Promise<Volume | null> {
  const [columns, rows, slices] = plan.size;
  const values = short ? new Int16Array(columns * rows * slices) : new Float32Array(columns * rows * slices);
  let [next, done, going] = [0, 0, true];
  const worker = async (): Promise<void> => {
    for (let slice = next++; slice < slices && going; slice = next++) {
      const imageId = imageIdOf(stack[plan.order[slice] as number] as ImageRef, web);
      const known = cache.getImage(imageId) !== undefined;
      const image = await loadFrame(imageId, Enums.RequestType.Prefetch).done;
      if (image?.columns !== columns || image.rows !== rows) throw new Error('A slice is of another size than its file says');
      take(image, values, slice * columns * rows);
      if (!known) cache.removeImageLoadObject(imageId);
      done += 1;
      going &&= progress(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return going ? { ...plan, values } : null;
}

/** The values of a slice after the modality LUT, whether the loader applied it or not, and which of them are no pixels. */
function take(image: Types.IImage, values: Values, at: number): void {
  const pixels = image.getPixelData();
  const isEmpty = emptyIn(image);
  const [slope, intercept] = image.preScale?.scaled ? [1, 0] : [image.slope, image.intercept];
  if (!isEmpty && slope === 1 && intercept === 0) {
    values.set(pixels as ArrayLike<number>, at);
    return;
  }
  const none = noPixel(values);
  for (let n = 0; n < pixels.length; n += 1) {
    values[at + n] = isEmpty?.(n) ? none : (pixels[n] as number) * slope + intercept;
  }
}

interface Lie {
  rows: number;
  columns: number;
  spacing: readonly number[];
  row: readonly number[];
  column: readonly number[];
  origin: readonly number[];
  thickness: number;
}

function lieOf(plane: Slanted, index: number, half: number): Lie {
  const { rows, columns, step, frame: [row, column] } = plane;
  return { rows, columns, row, column, spacing: [step, step], origin: slantedOrigin(plane, index), thickness: (2 * half + 1) * step };
}

interface Maker {
  make(): Types.IImage;
}

const makers = new Map<string, Maker>();
let volumes = 0;

imageLoader.registerImageLoader(SCHEME, ((imageId: string) => {
  const maker = makers.get(imageId.slice(SCHEME.length + 1));
  return { promise: maker ? Promise.resolve().then(() => maker.make()) : Promise.reject(new Error('The volume is gone')) };
}) as never);

/** A series of planes, the data sets that say where they lie, and the image through the point where a turned one was turned. */
export interface Made {
  series: SeriesInfo;
  sets: Map<string, DicomJson>;
  middle: number;
}

export { meeting, turned, type Frame } from './oblique';

/** A plane that somebody turned: how it lies now, about which point, and how often all of them were turned. */
export interface Turned {
  frame: Frame;
  through: Vec3;
  turn: number;
  /** True while it is being turned: only the image through that point says where it lies, and a slab has some layers only. */
  draft: boolean;
}

const DRAFT_LAYERS = 12;

/** Lends planes of one volume to the engine. */
export class Planes {
  private readonly id = ++volumes;
  /** The last two series of each plane: the engine may still be drawing the last but one. */
  private readonly lent = new Map<PlaneName, SeriesInfo[]>();
  private readonly greys: Greys;

  constructor(
    private readonly volume: Volume, private readonly source: SeriesInfo, private readonly template: DicomJson,
    private readonly window: Window | null,
    /** Told of each series that is let go of. */
    private readonly dropped: (series: string, instances: readonly string[]) => void,
  ) {
    this.greys = greysOf(template, 1);
  }

  /** The images of one plane. A slab of another thickness is another series: what was measured on one is not true of the other. */
  series(name: PlaneName, title: string, slab: Slab): Made {
    const { volume } = this;
    const cuts = cutsOf(volume, name);
    const half = halfSlices(cuts, slab);
    const uid = `mpr-${this.id}-${name}-${half ? `${slab.mode}${half}` : 'thin'}`;
    const sets = new Map<string, DicomJson>();
    const instances = Array.from({ length: cuts.count }, (_, index) => {
      const instance = `${uid}-${index}`;
      const origin = originOf(volume, cuts, index);
      sets.set(instance, this.dataSet(uid, instance, index, { ...cuts, origin, thickness: (2 * half + 1) * cuts.spacing[2] }));
      const make = () => this.image(instance, reslice(volume, cuts, index, slab), cuts);
      makers.set(instance, { make });
      return { uid: instance, number: index + 1, frames: 1, rows: cuts.rows, columns: cuts.columns, transfer_syntax: '' };
    });
    return { series: this.lend(name, this.described(uid, title, instances)), sets, middle: instances.length >> 1 };
  }

  /** How the images of a plane lie that nobody has turned. */
  straight(name: PlaneName): Frame {
    const cuts = cutsOf(this.volume, name);
    return [cuts.row, cuts.column, along([0, 0, 0], this.volume.axes[cuts.depth.axis], cuts.depth.sign)];
  }

  /** The images of a plane that was turned. */
  slanted(name: PlaneName, title: string, slab: Slab, { frame, through, turn, draft }: Turned): Made {
    const { volume } = this;
    const plane = slanted(volume, frame, through);
    const half = slantedHalf(plane, slab);
    const every = draft ? Math.max(1, Math.floor((2 * half) / DRAFT_LAYERS)) : 1;
    const uid = `mpr-${this.id}-${name}-${half ? `${slab.mode}${half}` : 'thin'}-turn${turn}`;
    const sets = new Map<string, DicomJson>();
    const instances = Array.from({ length: plane.count }, (_, index) => {
      const instance = `${uid}-${index}`;
      if (!draft || index === plane.middle) sets.set(instance, this.dataSet(uid, instance, index, lieOf(plane, index, half)));
      makers.set(instance, { make: () => this.image(instance, resliceSlanted(volume, plane, index, slab, every), lieOf(plane, index, half)) });
      return { uid: instance, number: index + 1, frames: 1, rows: plane.rows, columns: plane.columns, transfer_syntax: '' };
    });
    return { series: this.lend(name, this.described(uid, title, instances)), sets, middle: plane.middle };
  }

  /** A plane shows these images from now on: those before the last are let go of. The same slab may come back meanwhile. */
  private lend(name: PlaneName, series: SeriesInfo): SeriesInfo {
    const [last, ...older] = (this.lent.get(name) ?? []).filter(({ uid }) => uid !== series.uid);
    older.forEach((gone) => this.drop(gone));
    this.lent.set(name, last ? [series, last] : [series]);
    return series;
  }

  private get photometric(): string {
    return this.greys.inverse ? 'MONOCHROME1' : 'MONOCHROME2';
  }

  private described(uid: string, title: string, instances: InstanceInfo[]): SeriesInfo {
    return { ...this.source, uid, description: title, made: true, count: instances.length, instances, key_images: [], thumbnail_url: '' };
  }

  /** Let go of the volume and of every image made of it. */
  release(): void {
    for (const all of this.lent.values()) all.forEach((one) => this.drop(one));
    this.lent.clear();
  }

  private drop({ uid, instances }: SeriesInfo): void {
    const uids = instances.map((one) => one.uid);
    for (const one of uids) {
      makers.delete(one);
      forgetMade(one);
    }
    this.dropped(uid, uids);
  }

  /** What says where an image lies and how to read it; patient, study, window, polarity and unit are those of the slices. */
  private dataSet(series: string, instance: string, index: number, lie: Lie): DicomJson {
    const is = (vr: string, ...Value: (number | string)[]) => ({ vr, Value });
    const kept = Object.entries(this.template).filter(([tag]) => /^(0008|0010|0020000D|00200052|00541001)/.test(tag) && tag !== '00080008');
    return {
      ...Object.fromEntries(kept),
      '00080018': is('UI', instance), '0020000E': is('UI', series), '00200013': is('IS', index + 1), '00180050': is('DS', lie.thickness),
      '00200032': is('DS', ...lie.origin), '00200037': is('DS', ...lie.row, ...lie.column),
      '00280002': is('US', 1), '00280004': is('CS', this.photometric), '00280010': is('US', lie.rows), '00280011': is('US', lie.columns),
      '00280030': is('DS', lie.spacing[1] as number, lie.spacing[0] as number),
      '00280100': is('US', 16), '00280101': is('US', 16), '00280102': is('US', 15), '00280103': is('US', 1),
      '00281052': is('DS', 0), '00281053': is('DS', 1), '00281054': is('LO', this.greys.type), '00281056': is('CS', this.greys.voiFunction),
      ...(this.window ? { '00281050': is('DS', this.window.center), '00281051': is('DS', this.window.width) } : {}),
    };
  }

  private image(instance: string, values: Values, { rows, columns, spacing }: { rows: number; columns: number; spacing: readonly number[] }): Types.IImage {
    let [least, most] = [Infinity, -Infinity];
    const [none, nowhere] = [noPixel(this.volume.values), [] as number[]];
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at] as number;
      if (value === none) {
        nowhere.push(at);
        continue;
      }
      if (value < least) least = value;
      if (value > most) most = value;
    }
    const imageId = `${SCHEME}:${instance}`;
    const voxelManager = utilities.VoxelManager.createImageVoxelManager({ width: columns, height: rows, numberOfComponents: 1, scalarData: values, id: imageId });
    const { modality } = this.source;
    const image = {
      imageId, rows, columns, height: rows, width: columns, color: false, rgba: false, numberOfComponents: 1, invert: this.greys.inverse,
      minPixelValue: least, maxPixelValue: most, slope: 1, intercept: 0, isPreScaled: true,
      preScale: { enabled: true, scaled: true, scalingParameters: { modality, rescaleSlope: 1, rescaleIntercept: 0 } },
      windowCenter: this.window?.center ?? (least + most) / 2, windowWidth: this.window?.width ?? Math.max(1, most - least),
      voiLUTFunction: this.greys.voiFunction, photometricInterpretation: this.photometric,
      columnPixelSpacing: spacing[0], rowPixelSpacing: spacing[1], sizeInBytes: values.byteLength, dataType: values.constructor.name,
      getPixelData: () => values, getCanvas: undefined, voxelManager,
    } as unknown as Types.IImage;
    if (nowhere.length) empty(image, values, nowhere, this.greys.inverse);
    return image;
  }
}
