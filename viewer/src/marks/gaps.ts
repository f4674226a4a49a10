/** What a presentation state asks for that this viewer does not do: a reader is told in words what is missing from the picture. */
import { greysOf } from '../core/greys';
import { attributesOf } from '../dicomweb/attributes';
import { items, numbers, text, type DicomJson } from '../dicomweb/client';
import type { MessageKey } from '../i18n';
import { overlaysOf } from './overlays';

/** Greyscale and colour states (PS3.3 A.33.1, A.33.2), and the one for angiography (A.33.6): the others show other things than one image. */
const OF_ONE_IMAGE = ['1', '2', '5'].map((last) => `1.2.840.10008.5.1.4.1.1.11.${last}`);
/** Sequences and elements that hold marks, with the unit that each is placed by. */
const MARKS = ['00700008', '00700009', '00700209'] as const;
const UNITS = ['00700003', '00700004', '00700005', '00700282'] as const;

/**
 * The gaps of a state over `frame` (from 1) of an image, as messages; `voi` is its Softcopy VOI LUT item for this image,
 * `shown` the overlay groups of which it says that they are to be seen.
 */
export function gapsOf(state: DicomJson, image: DicomJson, frame: number, voi: DicomJson, shown: ReadonlySet<number>): MessageKey[] {
  const marks = items(state, '00700001').flatMap((one) => MARKS.flatMap((tag) => items(one, tag)));
  const curve = text(voi, '00281056') || 'LINEAR';
  const windowed = numbers(voi, '00281050').length > 0;
  const found: Partial<Record<MessageKey, boolean>> = {
    gapMask: items(state, '00286100').length > 0,
    gapCurve: items(voi, '00283010').length > 0 || items(state, '20500010').length > 0 || (windowed && curve !== greysOf(image, frame).voiFunction),
    gapValues: [state, image].some((one) => items(one, '00283000').length > 0),
    gapColours: Boolean(text(state, '00080016')) && !OF_ONE_IMAGE.includes(text(state, '00080016')),
    gapTiles: marks.some((one) => UNITS.some((tag) => text(one, tag) === 'MATRIX')),
    gapShape: items(state, '0070005A').some((one) => Math.abs(shapeOf(one) - attributesOf(image, frame).pixelAspect) > 0.02),
    gapPlanes: overlaysOf(image, frame).some(({ group }) => !shown.has(group)),
  };
  return (Object.keys(found) as MessageKey[]).filter((name) => found[name]);
}

/** Height of a pixel by its width as a displayed area wants it; that of the image where it does not say (NaN compares with nothing). */
function shapeOf(area: DicomJson): number {
  const [down, across] = [numbers(area, '00700101'), numbers(area, '00700102')].find((one) => one.length === 2) ?? [];
  return (down ?? NaN) / (across ?? NaN);
}
