import type { Viewer } from '../app/viewer';
import { BrightnessPanel } from './brightness-panel';
import { Chrome } from './chrome';
import { CinePanel } from './cine-panel';
import { CompareChooser } from './compare-chooser';
import { h, iconButton, setPressed } from './dom';
import { icon } from './icons';
import { KeyList } from './key-list';
import { MarksPanel } from './marks-panel';
import { MprPanel } from './mpr-panel';
import { ProgressPanel } from './progress-panel';
import { keyImages, SeriesStrip } from './series-strip';
import { Slider } from './slider';
import { FullToolbar } from './toolbar-full';

/** The look for doctors and companies: series at the left, tools on top, up to four panes, the report at the right. */
export class FullLook {
  private readonly chrome: Chrome;
  private readonly slider: Slider;
  private readonly presets: BrightnessPanel;
  private readonly cinePanel: CinePanel;
  private readonly mprPanel: MprPanel;
  private readonly strip: SeriesStrip;
  private readonly toolbar: FullToolbar;
  private readonly compare: CompareChooser;
  private readonly marks: MarksPanel;
  private followed = '';
  private presetsOpen = false;

  constructor(private readonly viewer: Viewer, host: HTMLElement) {
    const { t, context } = viewer;
    host.className = 'p-v p-vf';
    this.chrome = new Chrome(viewer, host);
    this.slider = new Slider(t);
    this.presets = new BrightnessPanel(t, false, () => void viewer.demandPixels());
    this.cinePanel = new CinePanel(t, viewer.cine);
    this.mprPanel = new MprPanel(t, viewer.mpr);
    this.compare = new CompareChooser(viewer);
    const progress = new ProgressPanel(t);
    this.strip = new SeriesStrip(h('nav', { class: 'p-vf__ser', 'aria-label': t('seriesList') }, h('h2', {}, context.study.date_text)),
      viewer.series, t, true, (series) => viewer.open(series));
    this.marks = new MarksPanel(t, viewer.marks);
    this.toolbar = new FullToolbar(viewer, () => this.togglePresets(), () => this.toggleMarks());
    this.chrome.reportButton.classList.add('pv-btn--primary');
    this.chrome.report.element.append(new KeyList(viewer).element);
    viewer.keys.on('change', () => this.markKeys());
    this.markKeys();
    if (!viewer.series.length) viewer.grid.replaceChildren(this.chrome.emptyStudy());
    const { patient, study } = context;
    host.append(this.chrome.skipLink(),
      this.chrome.bar([patient.name, [patient.age_text, patient.sex].filter(Boolean).join(', ')].filter(Boolean).join(' · '),
        [study.description, study.date_text, study.accession_number].filter(Boolean).join(' · '),
        ...[this.compare.button, this.ohif(), this.chrome.reportButton].filter((one): one is HTMLElement => one !== null),
        iconButton('keyboard', t('keyboardTitle'), () => viewer.act('help'), { className: 'pv-btn pv-btn--ghost pv-btn--keys', iconOnly: true })),
      h('section', { class: 'pv-controls', 'aria-label': t('tools') }, this.toolbar.element), this.strip.element,
      h('div', { class: 'pv-main' }, viewer.grid, this.chrome.notice, progress.element,
        h('section', { class: 'pv-panels', 'aria-label': t('settings') },
          this.presets.element, this.mprPanel.element, this.cinePanel.element, this.marks.element)),
      h('footer', { class: 'pv-controls' }, this.slider.element), this.chrome.report.element);
    viewer.on('change', () => this.update());
    viewer.on('study', ({ study: earlier, series }) => {
      this.strip.add(series, earlier.dated);
      this.markKeys();
    });
    viewer.on('progress', (told) => progress.show(told));
    viewer.on('ask', (what) => void this.openDialog(what));
    this.update();
    if (window.matchMedia('(min-width: 1200px)').matches) this.chrome.toggleReport(true, false);
  }

  private ohif(): HTMLElement | null {
    const { t, context } = this.viewer;
    return context.ohif_url ? h('a', {
      class: 'pv-btn pv-btn--ohif', href: context.ohif_url, target: '_blank', rel: 'noopener', title: t('ohifOpen'), 'aria-label': t('ohifOpen'),
    }, icon('box-arrow-up-right'), h('span', {}, t('ohif'))) : null;
  }

  /** Dialogs that few need come with their code when they are asked for. */
  private async openDialog(what: string): Promise<void> {
    if (what === 'compare') this.compare.open();
    if (what === 'tags') (await import('./tag-browser')).openTagBrowser(this.viewer);
    if (what === 'save') (await import('./export-sheet')).openSaveSheet(this.viewer);
    if (what === 'print') await (await import('./export-sheet')).printImage(this.viewer);
  }

  private markKeys(): void {
    const { keys, series } = this.viewer;
    this.strip.keyed(keyImages({ key_images: keys.list }, series).map(({ place }) => place), keys.all, () => keys.nextOwn());
  }

  private toggleMarks(): void {
    this.marks.element.hidden = !this.marks.element.hidden;
    this.update();
  }

  private togglePresets(): void {
    this.presetsOpen = !this.presetsOpen;
    this.update();
  }

  private follow(): void {
    const { pane } = this.viewer.active;
    if (this.followed === pane.id) return;
    this.followed = pane.id;
    this.slider.follow(pane);
    this.presets.follow(pane);
    pane.on('series', () => this.update());
  }

  private update(): void {
    const { viewer } = this;
    this.follow();
    const { pane } = viewer.active;
    this.toolbar.update();
    this.compare.update();
    this.mprPanel.update();
    setPressed(this.toolbar.presets, this.presetsOpen);
    setPressed(this.toolbar.marks, !this.marks.element.hidden);
    this.presets.element.hidden = !this.presetsOpen || pane.series?.kind !== 'image';
    this.cinePanel.update();
    this.strip.mark(viewer.panes.map((view) => view.pane.series?.uid ?? ''), pane.series?.uid);
  }
}
