import { describe, expect, it } from 'vitest';
import type { InstanceInfo, SeriesInfo } from '../app/context';
import { translator } from '../i18n';
import { keyImages, named, seriesTitle, viewableSeries } from './series-strip';

const instance = (uid: string, frames = 1): InstanceInfo => ({ uid, number: 1, frames, rows: 4, columns: 4, transfer_syntax: '' });
const series = (more: Partial<SeriesInfo>): SeriesInfo => ({
  uid: '1', study: '1', body_part: '', made: false, number: 1, description: '', modality: 'CT', kind: 'image', family: '', key_images: [], count: 1,
  thumbnail_url: '', instances: [instance('1.1')], ...more,
});
const images = series({ uid: '1', instances: [instance('1.1'), instance('1.2', 10), instance('1.3')] });
const selection = (...chosen: [string, string][]): SeriesInfo => series({
  uid: '2', kind: 'presentation', family: 'key_images', modality: 'KO',
  key_images: chosen.map(([uid, one]) => ({ series: uid, instance: one, frame: 1 })),
});

describe('series that are no pictures', () => {
  it('have a name and an icon of their own', () => {
    const dose = series({ kind: 'other', family: 'dose' });
    expect(seriesTitle(dose, translator('es'))).toBe('Dosis de radioterapia');
    expect(named(dose)?.icon).toBe('bullseye');
    expect(named(images)).toBeUndefined();
    expect(seriesTitle(series({ kind: 'other', family: 'dose', description: 'Boost' }), translator('es'))).toBe('Boost');
  });
});

describe('key images', () => {
  it('are found as positions among the frames of their series', () => {
    expect(keyImages(selection(['1', '1.3'], ['1', '1.1']), [images]).map(({ index }) => index)).toEqual([11, 0]);
    const frame = (number: number) => keyImages({ key_images: [{ series: '1', instance: '1.2', frame: number }] }, [images])[0]?.index;
    expect([frame(1), frame(4), frame(99)]).toEqual([1, 4, 10]);
  });

  it('that this study does not have are none', () => {
    expect(keyImages(selection(['9', '1.1'], ['1', '9.9']), [images])).toEqual([]);
  });

  it('are offered where there is one, marks to professionals', () => {
    const marks = series({ uid: '3', kind: 'presentation', family: 'marks' });
    const full = selection(['1', '1.2']);
    expect(viewableSeries([images, full, marks], 'simple').map(({ uid }) => uid)).toEqual(['1', '2']);
    expect(viewableSeries([images, full, marks], 'full').map(({ uid }) => uid)).toEqual(['1', '2', '3']);
    expect(viewableSeries([images, selection(['1', '9.9'])], 'full').map(({ uid }) => uid)).toEqual(['1']);
  });
});
