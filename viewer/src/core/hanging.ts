/** Which series a study opens with, and in which panes: one table by modality. No browser needed. */
import type { SeriesInfo } from '../app/context';
import type { ImageAttributes } from '../dicomweb/attributes';
import type { Layout } from './layout';
import { PLAIN, type Hang } from './place';

/** One projection image of a study, with what its file says. */
export interface Picture {
  series: SeriesInfo;
  index: number;
  attributes: ImageAttributes;
}

export interface HungImage {
  series: SeriesInfo;
  index: number;
  hang: Hang;
}

export interface Hanging {
  layout: Layout;
  panes: HungImage[];
}

interface PlaceOnWall {
  laterality?: 'R' | 'L';
  view?: RegExp;
  /** The edge against which the image stands: of a breast its chest wall, in the middle of the screen. */
  justify?: -1 | 1;
}

interface Row {
  modalities: readonly string[];
  layout: Layout;
  places: readonly PlaceOnWall[];
  /** So many places have to be filled, else the next row is tried. */
  least: number;
}

const CC = /^(CC|XCC|FB)/;
const MLO = /^(MLO|ML|LM)/;
const FRONTAL = /^(PA|AP)/;
const LATERAL = /^(LL|RL|LAT|LLD|RLD)/;
const PROJECTION = ['CR', 'DX', 'DR', 'RG'];

const TABLE: readonly Row[] = [
  {
    modalities: ['MG'], layout: '2x2', least: 3,
    places: [
      { laterality: 'R', view: CC, justify: 1 }, { laterality: 'L', view: CC, justify: -1 },
      { laterality: 'R', view: MLO, justify: 1 }, { laterality: 'L', view: MLO, justify: -1 },
    ],
  },
  ...([CC, MLO] as const).map((view): Row => ({
    modalities: ['MG'], layout: '1x2', least: 2,
    places: [{ laterality: 'R', view, justify: 1 }, { laterality: 'L', view, justify: -1 }],
  })),
  { modalities: PROJECTION, layout: '1x2', least: 2, places: [{ view: FRONTAL }, { view: LATERAL }] },
  { modalities: PROJECTION, layout: '1x2', least: 2, places: [{ laterality: 'R' }, { laterality: 'L' }] },
];

/** What files of a study are worth reading before it is hung; the others hang by the page's own list. */
export function isProjection(series: SeriesInfo): boolean {
  return series.kind === 'image' && (series.modality === 'MG' || PROJECTION.includes(series.modality));
}

/** A scout: few images, or named as one, in a study that has more. The portal chooses its first picture by the same rule. */
export function isLocalizer(series: SeriesInfo): boolean {
  return ['CT', 'MR', 'PT'].includes(series.modality)
    && (series.count < 4 || /scout|topogram|locali[sz]|surview|survey|pilot/i.test(series.description));
}

/** The series that a study opens with where the table has nothing for it. */
export function firstSeries(all: readonly SeriesInfo[]): SeriesInfo | null {
  const images = all.filter(({ kind }) => kind === 'image');
  return images.find((one) => !isLocalizer(one)) ?? images[0] ?? all[0] ?? null;
}

/** Hang a study's projections; null where one pane with the first series is as good. */
export function hanging(pictures: readonly Picture[]): Hanging | null {
  for (const row of TABLE) {
    const fit = pictures.filter(({ series }) => row.modalities.includes(series.modality));
    const panes = row.places.map((place) => {
      const found = fit.find(({ attributes }) => belongs(attributes, place));
      return found && { series: found.series, index: found.index, hang: hangOf(found.attributes, place) };
    });
    const filled = panes.filter((one): one is HungImage => one !== undefined);
    if (filled.length >= row.least) return { layout: filled.length > 2 ? '2x2' : row.layout, panes: filled };
  }
  return null;
}

function belongs({ laterality, viewPosition }: ImageAttributes, place: PlaceOnWall): boolean {
  return (!place.laterality || laterality === place.laterality) && (!place.view || place.view.test(viewPosition));
}

/**
 * The chest wall is at the right of an image whose columns run to the back (PatientOrientation `P\…`): where it belongs
 * to the other side the image is mirrored.
 */
function hangOf({ patientOrientation }: ImageAttributes, { justify }: PlaceOnWall): Hang {
  if (!justify) return PLAIN;
  const along = patientOrientation[0]?.[0];
  const wallAt = along === 'P' ? 1 : along === 'A' ? -1 : justify;
  return { justify, flipH: wallAt !== justify };
}

/** The series of an earlier study that is most like one of this: modality first, then words, then size; null for none. */
export function counterpart(current: SeriesInfo, earlier: readonly SeriesInfo[]): SeriesInfo | null {
  const images = earlier.filter(({ kind }) => kind === 'image');
  const score = (one: SeriesInfo): number =>
    (one.modality === current.modality ? 8 : 0) + (isLocalizer(one) === isLocalizer(current) ? 4 : 0)
    + (one.body_part && one.body_part === current.body_part ? 2 : 0) + 3 * shared(words(one), words(current)) + Math.min(one.count, current.count) / Math.max(one.count, current.count, 1);
  return images.reduce<SeriesInfo | null>((best, one) => (!best || score(one) > score(best) ? one : best), null);
}

function words({ description }: SeriesInfo): Set<string> {
  return new Set(description.toLowerCase().match(/[\p{L}\d]+/gu) ?? []);
}

/** Share of words that two descriptions have in common. */
function shared(one: Set<string>, other: Set<string>): number {
  const common = [...one].filter((word) => other.has(word)).length;
  return common / Math.max(1, one.size + other.size - common);
}
