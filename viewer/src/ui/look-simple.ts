import type { Viewer } from '../app/viewer';
import type { MessageKey } from '../i18n';
import type { ActionId, ToolId } from '../tools/catalog';
import { BrightnessPanel } from './brightness-panel';
import { Chrome } from './chrome';
import { CinePanel } from './cine-panel';
import { h, iconButton, relabel, setPressed } from './dom';
import { icon, type IconName } from './icons';
import { SeriesStrip } from './series-strip';
import { Sheet } from './sheet';
import { Slider } from './slider';

const HINTS: Partial<Record<ToolId, MessageKey>> = {
  window: 'hintBrightness', zoom: 'hintZoom', length: 'hintMeasure',
};

/** The look for patients and recipients: the picture, a slider, six big buttons, plain words. */
export class SimpleLook {
  private readonly chrome: Chrome;
  private readonly slider: Slider;
  private readonly brightness: BrightnessPanel;
  private readonly cinePanel: CinePanel;
  private readonly strip: SeriesStrip;
  private readonly more: Sheet;
  private readonly buttons: Record<'window' | 'zoom' | 'play' | 'report', HTMLButtonElement>;
  private readonly quality: HTMLInputElement;
  private readonly measure: HTMLButtonElement;

  constructor(private readonly viewer: Viewer, host: HTMLElement) {
    const { t, context } = viewer;
    host.className = 'p-v p-vs';
    this.chrome = new Chrome(viewer, host);
    this.slider = new Slider(t);
    this.brightness = new BrightnessPanel(t, true, () => void viewer.engine.adjusted());
    this.cinePanel = new CinePanel(t, viewer.cine);
    this.strip = new SeriesStrip(h('nav', { class: 'p-vs__ser', 'aria-label': t('seriesList') }), viewer.series, t, false,
      (series) => viewer.open(series));
    this.strip.element.hidden = viewer.series.length < 2;
    this.more = new Sheet(t, t('moreTitle'));
    this.quality = h('input', { type: 'checkbox', role: 'switch', onchange: () => viewer.engine.choose(this.quality.checked) });
    this.measure = this.item('rulers', 'moreMeasure', () => this.toggleTool('length'));
    this.fillMore();
    this.buttons = {
      window: iconButton('brightness-high', t('simpleBrightness'), () => this.toggleTool('window'), { pressed: false }),
      zoom: iconButton('zoom-in', t('simpleZoom'), () => this.toggleTool('zoom'), { pressed: false }),
      play: iconButton('play-fill', t('simplePlay'), () => viewer.act('cine'), { pressed: false }),
      report: this.chrome.reportButton,
    };
    const stage = h('div', { class: 'pv-main' }, viewer.grid, this.strip.element, this.chrome.notice);
    if (!viewer.series.length) viewer.grid.replaceChildren(this.chrome.emptyStudy());
    host.append(this.chrome.skipLink(),
      this.chrome.bar(context.study.description, [context.patient.name, context.study.date_text].filter(Boolean).join(' · '),
        iconButton('question-circle', t('help'), () => viewer.act('help'), { className: 'pv-btn pv-btn--ghost', iconOnly: true })),
      h('div', { class: 'pv-body' }, stage, this.chrome.report.element),
      // a landmark, so that screen readers find the controls; it draws no box of its own
      h('footer', { class: 'pv-controls' }, this.brightness.element, this.cinePanel.element, this.slider.element, this.toolbar()));
    viewer.on('change', () => this.update());
    this.follow();
    this.update();
    this.greet();
  }

  private toolbar(): HTMLElement {
    const { t } = this.viewer;
    const { window: brightness, zoom, play, report } = this.buttons;
    report.className = '';
    return h('div', { class: 'p-vs__tools', role: 'toolbar', 'aria-label': t('tools') }, brightness, zoom, play,
      iconButton('arrow-counterclockwise', t('simpleReset'), () => this.viewer.act('reset')), report,
      iconButton('three-dots', t('simpleMore'), () => this.more.open(document.body)));
  }

  private item(name: IconName, label: MessageKey, press: () => void): HTMLButtonElement {
    return iconButton(name, this.viewer.t(label), () => {
      this.more.close();
      press();
    }, { className: 'pv-item' });
  }

  private fillMore(): void {
    const { t } = this.viewer;
    const act = (id: ActionId) => () => this.viewer.act(id);
    this.more.body.append(
      this.measure, this.item('eraser', 'moreClear', act('clear')), this.item('arrow-clockwise', 'moreRotate', act('rotate')),
      this.item('symmetry-vertical', 'moreFlip', act('flipH')), this.item('yin-yang', 'moreInvert', act('invert')),
      this.item('fullscreen', 'moreFullscreen', act('fullscreen')),
      h('label', { class: 'pv-check pv-item' }, icon('badge-hd'), h('span', {}, t('moreQuality')), this.quality),
      h('p', { class: 'p-muted' }, t('moreQualityHelp')),
      h('section', {}, h('h3', {}, t('orientationTitle')), h('p', {}, t('orientationHelp'))));
  }

  /** Pressing a tool again gives the finger back to passing images. */
  private toggleTool(tool: ToolId): void {
    const next = this.viewer.tool === tool ? 'scroll' : tool;
    this.viewer.select(next);
    const hint = HINTS[next];
    if (hint && this.viewer.tool === next) this.chrome.say(this.viewer.t(hint), 4500);
  }

  private follow(): void {
    const { pane } = this.viewer.active;
    this.slider.follow(pane);
    this.brightness.follow(pane);
    pane.on('series', () => this.update());
    pane.on('shown', () => this.viewer.tool === 'window' && !pane.defaultWindow && void this.viewer.engine.adjusted());
  }

  private greet(): void {
    const { pane } = this.viewer.active;
    const end = pane.on('shown', () => {
      end();
      const touch = window.matchMedia('(pointer: coarse)').matches;
      if (!this.viewer.engine.follows) this.chrome.say(this.viewer.t('hintSaving'), 8000);
      else if (pane.stack.length > 1) this.chrome.say(this.viewer.t(touch ? 'hintSwipe' : 'hintWheel'), 5000);
    });
    pane.on('index', () => {
      if (!this.viewer.cine.playing && this.viewer.tool === 'scroll') this.chrome.notice.hidden = true;
    });
  }

  private update(): void {
    const { viewer } = this;
    const { pane } = viewer.active;
    const playing = viewer.cine.playing;
    setPressed(this.buttons.window, viewer.tool === 'window');
    setPressed(this.buttons.zoom, viewer.tool === 'zoom' || viewer.tool === 'pan');
    setPressed(this.buttons.play, playing);
    relabel(this.buttons.play, playing ? 'pause-fill' : 'play-fill', viewer.t(playing ? 'simplePause' : 'simplePlay'));
    const image = pane.series?.kind === 'image';
    this.buttons.play.disabled = pane.stack.length < 2 || !image;
    this.buttons.window.disabled = !image;
    this.measure.disabled = viewer.pixels === 'impossible' || !image;
    this.brightness.element.hidden = viewer.tool !== 'window' || !image;
    this.cinePanel.update();
    this.strip.mark([], pane.series?.uid);
    this.quality.disabled = viewer.pixels === 'impossible' || viewer.pixels === 'loading';
    this.quality.checked = viewer.pixels === 'ready' || viewer.engine.isComing;
  }
}
