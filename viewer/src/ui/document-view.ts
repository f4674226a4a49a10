import type { SeriesInfo } from '../app/context';
import type { DicomWeb } from '../dicomweb/client';
import type { Translate } from '../i18n';
import { h } from './dom';
import { icon } from './icons';
import { message } from './message';

/** The element that shows a series which is not a stack of images, null where it is one. */
export function documentView(series: SeriesInfo, web: DicomWeb, t: Translate): HTMLElement | null {
  const instance = series.instances[0];
  if (series.kind === 'image' || series.kind === 'ecg') return null;
  if (!instance || series.kind === 'other' || series.kind === 'presentation') {
    return message('file-earmark-text', t('otherKindTitle'), t('otherKind'));
  }
  const url = web.documentUrl(series.uid, instance.uid);
  const name = series.description || t('seriesName', { number: series.number });
  if (series.kind === 'video') {
    return h('video', { class: 'pv-video', src: url, controls: true, playsinline: true, 'aria-label': t('videoTitle', { name }) });
  }
  // The frame may show a PDF or our own page of a structured report; neither may reach into this page.
  const sandbox = series.kind === 'sr' ? 'allow-same-origin' : null;
  return h('div', { class: 'pv-document' },
    h('iframe', { src: url, title: t('documentTitle', { name }), sandbox }),
    h('a', { class: 'pv-btn', href: url, target: '_blank', rel: 'noopener' }, icon('box-arrow-up-right'), h('span', {}, t('openWindow'))));
}
