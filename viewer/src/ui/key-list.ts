import type { Viewer } from '../app/viewer';
import { h, iconButton } from './dom';
import { keyImages } from './series-strip';

/** The images that this person marked, beside the report: each opens its image; taken along as a DICOM file. */
export class KeyList {
  readonly element = h('div', {});

  constructor(private readonly viewer: Viewer) {
    viewer.keys.on('change', () => this.update());
    this.update();
  }

  private update(): void {
    const { viewer } = this;
    const { t, keys } = viewer;
    const rows = keyImages({ key_images: keys.list }, viewer.series).map(({ series, index, place }, at) => {
      const words = t('cornerSeries', { number: series.number, index: index + 1, count: series.count });
      return h('tr', {},
        h('th', { scope: 'row' }, h('button', { type: 'button', class: 'pv-link', onclick: () => viewer.open(series, index) }, words)),
        h('td', {}, iconButton('x-lg', t('keyRemove', { number: at + 1 }), () => keys.remove(place),
          { className: 'pv-btn pv-btn--ghost pv-btn--small', iconOnly: true })));
    });
    this.element.replaceChildren(h('h2', {}, t('familyKeyImages')), rows.length
      ? h('table', { class: 'p-roi' }, h('tbody', {}, ...rows)) : h('p', { class: 'p-muted' }, t('keyNone')),
    viewer.context.measurements_url && rows.length ? h('div', { class: 'pv-row' },
      iconButton('download', t('measurementsDownload'), () => void viewer.engine.own.download('key-images'), { className: 'pv-btn' }),
      h('p', { class: 'p-muted' }, t('measurementsKept'))) : '');
  }
}
