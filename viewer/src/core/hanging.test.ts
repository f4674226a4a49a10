import { describe, expect, it } from 'vitest';
import type { SeriesInfo } from '../app/context';
import type { ImageAttributes } from '../dicomweb/attributes';
import { counterpart, firstSeries, hanging, type Picture } from './hanging';

const series = (more: Partial<SeriesInfo>): SeriesInfo => ({
  uid: '1', study: '1', number: 1, description: '', modality: 'CT', kind: 'image', family: '', key_images: [], count: 100,
  thumbnail_url: '', instances: [], body_part: '', made: false, ...more,
});
const picture = (modality: string, laterality: string, viewPosition: string, along = '', index = 0): Picture => ({
  series: series({ modality, uid: `${laterality}${viewPosition}` }), index,
  attributes: { laterality, viewPosition, patientOrientation: [along, 'F'] } as unknown as ImageAttributes,
});
const names = (pictures: Picture[]) => hanging(pictures)?.panes.map((one) => one.series.uid);

describe('mammograms', () => {
  const four = [
    picture('MG', 'L', 'MLO', 'A'), picture('MG', 'R', 'MLO', 'P'), picture('MG', 'L', 'CC', 'A'), picture('MG', 'R', 'CC', 'P'),
  ];
  it('hang CC over MLO, the right breast at the left', () => {
    expect(hanging(four)?.layout).toBe('2x2');
    expect(names(four)).toEqual(['RCC', 'LCC', 'RMLO', 'LMLO']);
  });
  it('have their chest walls in the middle, mirrored only where the file lies the other way', () => {
    expect(hanging(four)?.panes.map(({ hang }) => hang)).toEqual([
      { justify: 1, flipH: false }, { justify: -1, flipH: false }, { justify: 1, flipH: false }, { justify: -1, flipH: false },
    ]);
    const turned = [picture('MG', 'R', 'CC', 'A'), picture('MG', 'L', 'CC', 'P')];
    expect(hanging(turned)).toMatchObject({
      layout: '1x2', panes: [{ hang: { justify: 1, flipH: true } }, { hang: { justify: -1, flipH: true } }],
    });
  });
  it('are not mirrored where the file says nothing', () => {
    expect(hanging([picture('MG', 'R', 'CC'), picture('MG', 'L', 'CC')])?.panes.map(({ hang }) => hang.flipH)).toEqual([false, false]);
  });
});

describe('radiographs', () => {
  it('hang the front view beside the side view, whichever came first', () => {
    const both = [picture('DX', '', 'LL'), picture('DX', '', 'PA')];
    expect([hanging(both)?.layout, names(both)]).toEqual(['1x2', ['PA', 'LL']]);
  });
  it('hang right beside left', () => {
    expect(names([picture('CR', 'L', 'AP'), picture('CR', 'R', 'AP')])).toEqual(['RAP', 'LAP']);
  });
  it('alone, or of another modality, fill one pane', () => {
    expect(hanging([picture('CR', '', 'PA')])).toBeNull();
    expect(hanging([picture('US', '', 'PA'), picture('US', '', 'LL')])).toBeNull();
  });
});

describe('the series that a study opens with', () => {
  it('is the first that is no scout', () => {
    const scout = series({ uid: 's', count: 2 });
    const named = series({ uid: 'n', count: 15, modality: 'MR', description: '3-plane Localizer' });
    expect(firstSeries([scout, named, series({ uid: 'x' })])?.uid).toBe('x');
    expect(firstSeries([series({ kind: 'pdf', uid: 'p' }), scout])?.uid).toBe('s');
    expect(firstSeries([])).toBeNull();
  });
});

describe('the counterpart in an earlier study', () => {
  const earlier = [
    series({ uid: 'scout', count: 2 }), series({ uid: 'bone', description: 'Axial hueso' }),
    series({ uid: 'soft', description: 'Axial abdomen', count: 90 }), series({ uid: 'mr', modality: 'MR', description: 'Axial abdomen 5mm' }),
  ];
  it('is of the same modality, then of the same words', () => {
    expect(counterpart(series({ description: 'Axial abdomen' }), earlier)?.uid).toBe('soft');
    expect(counterpart(series({ description: 'AXIAL HUESO' }), earlier)?.uid).toBe('bone');
    expect(counterpart(series({ modality: 'MR' }), earlier)?.uid).toBe('mr');
    expect(counterpart(series({}), [series({ kind: 'pdf' })])).toBeNull();
  });
});
