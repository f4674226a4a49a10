import type { Look, SeriesInfo } from '../app/context';
import type { DicomWeb } from '../dicomweb/client';
import type { MetadataStore } from '../dicomweb/store';
import { ecgView } from '../ecg/ecg-view';
import type { Translate } from '../i18n';
import { h } from './dom';
import { icon } from './icons';
import { message } from './message';
import { named, seriesTitle } from './series-strip';

/** What documents need of the viewer around them. */
export interface DocumentHost {
  context: { look: Look; back_url: string | null };
  t: Translate;
  environment: { web: DicomWeb; metadata: MetadataStore };
}

/** The element that shows object `index` of a series which is not a stack of images, null where it is one. */
export function documentView(series: SeriesInfo, index: number, { context, t, environment }: DocumentHost): HTMLElement | null {
  const instance = series.instances[index];
  const { web, metadata } = environment;
  if (series.kind === 'image') return null;
  const name = seriesTitle(series, t);
  const toStudy = () => context.back_url && h('a', { class: 'pv-btn pv-btn--primary', href: context.back_url }, t('toStudy'));
  const isPage = series.kind === 'sr' || (series.family === 'report_data' && context.look === 'full');
  if (!instance || (!isPage && (series.kind === 'other' || series.kind === 'presentation'))) {
    return message(named(series)?.icon ?? 'file-earmark-text', t('otherKindTitle', { name }), t('otherKind'), toStudy());
  }
  const url = web.documentUrl({ studyUid: series.study, seriesUid: series.uid, instanceUid: instance.uid });
  if (series.kind === 'ecg') return ecgView(series, instance.uid, name, url, web.root, metadata, t);
  if (series.kind === 'video') {
    const video = h('video', { class: 'pv-video', src: url, controls: true, playsinline: true, 'aria-label': t('videoTitle', { name }) });
    // Browsers play MP4; other streams are kept as they came, for programs that know them.
    video.addEventListener('error', () => video.replaceWith(message('film', t('otherKindTitle', { name }), t('videoCannot'), toStudy())), { once: true });
    return video;
  }
  // The frame may show a PDF or our own page of a structured report; neither may reach into this page.
  const sandbox = isPage ? 'allow-same-origin' : null;
  return h('div', { class: 'pv-document' },
    h('iframe', { src: url, title: t('documentTitle', { name }), sandbox }),
    h('a', { class: 'pv-btn', href: url, target: '_blank', rel: 'noopener' }, icon('box-arrow-up-right'), h('span', {}, t('openWindow'))));
}
