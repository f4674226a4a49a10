import type { SeriesInfo, ViewerContext } from '../app/context';
import type { Viewer } from '../app/viewer';
import { h, iconButton } from './dom';
import { Sheet } from './sheet';
import { snapshot } from './snapshot';

const QUALITY = 0.92;

/** The image of the active pane that may be taken along, null (and a notice) where it may not. */
function exportable(viewer: Viewer): SeriesInfo | null {
  const { pane } = viewer.active;
  if (!pane.series || pane.shownIndex < 0 || pane.series.kind !== 'image') return null;
  if (viewer.compare.studyOf(pane.series).may_download) return pane.series;
  viewer.emit('notice', viewer.t('saveNot'));
  return null;
}

function fileName(viewer: Viewer, series: SeriesInfo, ending: string): string {
  // no name of a person: files wander
  const parts = [viewer.t('saveFile'), viewer.compare.studyOf(series).date.slice(0, 10), series.modality, series.number, viewer.active.pane.shownIndex + 1];
  return `${parts.join('-').replace(/[^\p{L}\d-]+/gu, '')}.${ending}`;
}

async function save(viewer: Viewer, words: boolean, type: 'jpeg' | 'png'): Promise<void> {
  const series = exportable(viewer);
  if (!series) return;
  const canvas = await snapshot(viewer.active, words);
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    h('a', { href: url, download: fileName(viewer, series, type === 'jpeg' ? 'jpg' : 'png') }).click();
    window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }, `image/${type}`, QUALITY);
}

/** Save what the active pane shows. */
export function openSaveSheet(viewer: Viewer): void {
  if (!exportable(viewer)) return;
  const { t } = viewer;
  const sheet = new Sheet(t, t('actionSave'));
  const words = h('input', { type: 'checkbox' });
  const button = (type: 'jpeg' | 'png') => iconButton('file-image', t(type === 'jpeg' ? 'saveJpeg' : 'savePng'), () => {
    sheet.close();
    void save(viewer, words.checked, type);
  }, { className: 'pv-item' });
  sheet.body.append(h('p', {}, t('saveHelp')), h('label', { class: 'pv-check' }, words, h('span', {}, t('saveWords'))), button('jpeg'), button('png'));
  sheet.open(document.body);
}

/** Lines over and under the printed image: whose it is, what, when, from where. */
function captions(context: ViewerContext, series: SeriesInfo, viewer: Viewer): [string, string] {
  const { patient, institution } = context;
  const study = viewer.compare.studyOf(series);
  return [
    [patient.name, patient.birth_date, patient.sex, patient.patient_id].filter(Boolean).join(' · '),
    [study.description, study.date_text, study.accession_number, series.description, institution].filter(Boolean).join(' · '),
  ];
}

/** Print what the active pane shows, with the data of person and study: paper must say whose it is. */
export async function printImage(viewer: Viewer): Promise<void> {
  const series = exportable(viewer);
  if (!series) return;
  const canvas = await snapshot(viewer.active, true);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  if (!blob) return;
  const url = URL.createObjectURL(blob);
  const [who, what] = captions(viewer.context, series, viewer);
  const image = h('img', { src: url, alt: '' });
  const sheet = h('div', { class: 'pv-print', 'aria-hidden': 'true' }, h('p', {}, h('b', {}, who)), image, h('p', {}, what));
  await image.decode();
  document.body.append(sheet);
  window.addEventListener('afterprint', () => {
    sheet.remove();
    URL.revokeObjectURL(url);
  }, { once: true });
  window.print();
}
