import type { LayoutCount, Viewer } from '../app/viewer';
import { action, MEASURE_TOOLS, MOVE_TOOLS, type ActionId, type ToolId, type ToolInfo } from '../tools/catalog';
import { BrightnessPanel } from './brightness-panel';
import { Chrome } from './chrome';
import { CinePanel } from './cine-panel';
import { h, iconButton, relabel, setPressed } from './dom';
import { MarksPanel } from './marks-panel';
import { SeriesStrip } from './series-strip';
import { Slider } from './slider';

const LAYOUTS: [LayoutCount, ActionId][] = [[1, 'layout1'], [2, 'layout2'], [4, 'layout4']];

/** The look for doctors and companies: series at the left, tools on top, up to four panes, the report at the right. */
export class FullLook {
  private readonly chrome: Chrome;
  private readonly slider: Slider;
  private readonly presets: BrightnessPanel;
  private readonly cinePanel: CinePanel;
  private readonly strip: SeriesStrip;
  private readonly tools = new Map<ToolId, HTMLButtonElement>();
  private readonly layouts = new Map<LayoutCount, HTMLButtonElement>();
  private readonly cine: HTMLButtonElement;
  private readonly invert: HTMLButtonElement;
  private readonly presetButton: HTMLButtonElement;
  private readonly marks: MarksPanel;
  private readonly marksButton: HTMLButtonElement;
  private followed = '';
  private presetsOpen = false;

  constructor(private readonly viewer: Viewer, host: HTMLElement) {
    const { t, context } = viewer;
    host.className = 'p-v p-vf';
    this.chrome = new Chrome(viewer, host);
    this.slider = new Slider(t);
    this.presets = new BrightnessPanel(t, false, () => void viewer.demandPixels());
    this.cinePanel = new CinePanel(t, viewer.cine);
    this.strip = new SeriesStrip(h('nav', { class: 'p-vf__ser', 'aria-label': t('seriesList') }, h('h2', {}, context.study.date_text)),
      viewer.series, t, true, (series) => viewer.open(series));
    this.cine = this.actionButton('cine');
    this.invert = this.actionButton('invert');
    this.presetButton = iconButton('sliders', t('presets'), () => this.togglePresets(), { pressed: false });
    this.marks = new MarksPanel(t, viewer.marks);
    this.marksButton = iconButton('layers', t('marks'), () => {
      this.marks.element.hidden = !this.marks.element.hidden;
      this.update();
    }, { pressed: false });
    this.chrome.reportButton.classList.add('pv-btn--primary');
    if (!viewer.series.length) viewer.grid.replaceChildren(this.chrome.emptyStudy());
    const { patient, study } = context;
    host.append(this.chrome.skipLink(),
      this.chrome.bar([patient.name, [patient.age_text, patient.sex].filter(Boolean).join(', ')].filter(Boolean).join(' · '),
        [study.description, study.date_text, study.accession_number].filter(Boolean).join(' · '), this.chrome.reportButton,
        iconButton('keyboard', t('keyboardTitle'), () => viewer.act('help'), { className: 'pv-btn pv-btn--ghost', iconOnly: true })),
      h('section', { class: 'pv-controls', 'aria-label': t('tools') }, this.toolbar()), this.strip.element,
      h('div', { class: 'pv-main' }, viewer.grid, this.chrome.notice, this.presets.element, this.cinePanel.element, this.marks.element),
      h('footer', { class: 'pv-controls' }, this.slider.element), this.chrome.report.element);
    viewer.on('change', () => this.update());
    this.update();
    if (window.matchMedia('(min-width: 1200px)').matches) this.chrome.toggleReport(true, false);
    if (viewer.pixels === 'impossible') this.chrome.say(t('noWebgl'), 8000);
  }

  private toolButton(tool: ToolInfo): HTMLButtonElement {
    const { t } = this.viewer;
    const button = iconButton(tool.icon, t(tool.label), () => this.viewer.select(tool.id), {
      pressed: false, title: `${t(tool.label)} (${tool.key.toUpperCase()})`,
    });
    this.tools.set(tool.id, button);
    return button;
  }

  private actionButton(id: ActionId): HTMLButtonElement {
    const { t } = this.viewer;
    const { icon, label, keys } = action(id);
    const key = keys[0];
    return iconButton(icon ?? 'three-dots', t(label), () => this.viewer.act(id), {
      title: key ? `${t(label)} (${key.toUpperCase()})` : t(label),
    });
  }

  private toolbar(): HTMLElement {
    const rule = () => h('hr', { 'aria-hidden': 'true' });
    const layouts = LAYOUTS.map(([count, id]) => {
      const button = this.actionButton(id);
      this.layouts.set(count, button);
      return button;
    });
    return h('div', { class: 'p-vf__tools', role: 'toolbar', 'aria-label': this.viewer.t('tools') },
      ...MOVE_TOOLS.map((tool) => this.toolButton(tool)), rule(),
      ...MEASURE_TOOLS.map((tool) => this.toolButton(tool)), this.actionButton('clear'), rule(),
      this.actionButton('rotate'), this.actionButton('flipH'), this.actionButton('flipV'), this.invert, this.cine, rule(),
      ...layouts, rule(), this.presetButton, this.marksButton, this.actionButton('reset'), this.actionButton('fullscreen'));
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
    const image = pane.series?.kind === 'image';
    for (const [id, button] of this.tools) {
      setPressed(button, viewer.tool === id);
      if (MEASURE_TOOLS.some((tool) => tool.id === id)) button.disabled = viewer.pixels === 'impossible';
    }
    for (const [count, button] of this.layouts) setPressed(button, viewer.layout === count);
    setPressed(this.cine, viewer.cine.playing);
    relabel(this.cine, viewer.cine.playing ? 'pause-fill' : 'play', viewer.t('actionCine'));
    this.cine.disabled = !image || pane.stack.length < 2;
    setPressed(this.invert, pane.view.invert);
    setPressed(this.presetButton, this.presetsOpen);
    setPressed(this.marksButton, !this.marks.element.hidden);
    this.presets.element.hidden = !this.presetsOpen || !image;
    this.cinePanel.update();
    this.strip.mark(viewer.panes.map((view) => view.pane.series?.uid ?? ''), pane.series?.uid);
  }
}
