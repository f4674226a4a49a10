/** The viewer inside the ZIP as people see it: the simple look of the portal's viewer, on the files of a folder. */
import { Cine, initialFps } from '../src/core/cine';
import { flippedHorizontally, flippedVertically, rotated, zoomAround, type ViewState } from '../src/core/view';
import type { MessageKey } from '../src/i18n';
import { ACTIONS, MOVE_TOOLS, type ActionId, type ToolId } from '../src/tools/catalog';
import { BrightnessPanel } from '../src/ui/brightness-panel';
import { CinePanel } from '../src/ui/cine-panel';
import { h, iconButton, relabel, setPressed } from '../src/ui/dom';
import type { IconName } from '../src/ui/icons';
import { message } from '../src/ui/message';
import { Sheet } from '../src/ui/sheet';
import { Slider } from '../src/ui/slider';
import { Pane } from './pane';
import { pictureOf } from './picture';
import { Reports } from './report';
import { stripOf } from './strip';
import type { Study, StudySeries } from './study';
import { LANGUAGES, said, type Words } from './texts';
import type { Loader } from './loader';
import type { Language } from '../src/app/context';

const VOLUMES = ['CT', 'MR', 'PT'];
const KEYS = ACTIONS.filter(({ id }) => !['clear', 'layout1', 'layout2', 'layout4', 'help'].includes(id));

/** What a change of language leaves as it is. */
export interface Standing {
  series: StudySeries;
  index: number;
  view: ViewState;
  window: Pane['window'];
}

export interface Around {
  study: Study;
  loader: Loader;
  /** Bytes of frames to load ahead. */
  ahead: number;
  /** The plain page, as it stands in INDEX.HTM. */
  folder: HTMLElement;
  speak(language: Language): void;
}

export class Look {
  readonly pane: Pane;
  private tool: ToolId = 'scroll';
  private readonly cine = new Cine(() => this.update());
  private readonly notice = h('p', { class: 'p-vs__hint pv-notice', role: 'status', hidden: true });
  private readonly picture: HTMLElement;
  private readonly slider: Slider;
  private readonly brightness: BrightnessPanel;
  private readonly cinePanel: CinePanel;
  private readonly strip;
  private readonly reports: Reports;
  private readonly more: Sheet;
  private readonly buttons: Record<'window' | 'zoom' | 'play' | 'report', HTMLButtonElement>;
  private timer = 0;

  constructor(private readonly around: Around, private readonly words: Words, private readonly host: HTMLElement) {
    const { say, t } = words;
    host.className = 'p-v p-vs';
    this.pane = new Pane(around.loader, around.ahead);
    this.picture = pictureOf(this.pane, say, () => this.tool, () => this.cine.stop());
    this.slider = new Slider(t);
    this.brightness = new BrightnessPanel(t, true, () => undefined);
    this.cinePanel = new CinePanel(t, this.cine);
    this.strip = stripOf(around.study.series, say, (series) => this.open(series));
    this.reports = new Reports(around.study.reports, say, () => this.toggleReport(false));
    this.more = new Sheet(t, say('moreTitle'));
    this.fillMore();
    this.buttons = {
      window: iconButton('brightness-high', say('simpleBrightness'), () => this.select('window'), { pressed: false }),
      zoom: iconButton('zoom-in', say('simpleZoom'), () => this.select('zoom'), { pressed: false }),
      play: iconButton('play-fill', say('simplePlay'), () => this.act('cine'), { pressed: false }),
      report: iconButton('file-earmark-text', say('report'), () => this.act('report'), { pressed: false, title: say('reportShow') }),
    };
    host.replaceChildren(...this.parts());
    this.slider.follow(this.pane);
    this.brightness.follow(this.pane);
    for (const event of ['series', 'shown'] as const) this.pane.on(event, () => this.update());
    this.update();
  }

  /** Show a series; of a volume from its middle on, as the portal does. */
  open(series: StudySeries, standing?: Standing): void {
    this.cine.stop();
    const count = series.objects.reduce((sum, [, , frames]) => sum + frames, 0);
    this.pane.setSeries(series, standing?.index ?? (VOLUMES.includes(series.modality) ? Math.floor(count / 2) : 0));
    if (!standing) return;
    this.pane.setView(standing.view);
    this.pane.setWindow(standing.window);
  }

  /** What to open another look with; null where there is nothing on screen. */
  get standing(): Standing | null {
    const { series, index, view, window } = this.pane;
    return series && { series, index, view, window };
  }

  /** A hint that goes by itself. */
  greet(): void {
    const touch = window.matchMedia('(pointer: coarse)').matches;
    if (this.pane.stack.length > 1) this.hint(touch ? 'hintSwipe' : 'hintWheel');
  }

  select(tool: ToolId): void {
    this.tool = this.tool === tool ? 'scroll' : tool; // once more gives the finger back to passing images
    const hints: Partial<Record<ToolId, MessageKey>> = { window: 'hintBrightness', zoom: 'hintZoom' };
    const hint = hints[this.tool];
    if (hint) this.hint(hint);
    this.update();
  }

  /** Do what a button or key says; what this viewer does not have, it does not do. */
  act(action: ActionId): void {
    const { pane } = this;
    const zoom = (factor: number) => pane.setView(zoomAround(pane.view, factor, 0, 0));
    const acts: Partial<Record<ActionId, () => void>> = {
      next: () => pane.setIndex(pane.index + 1),
      previous: () => pane.setIndex(pane.index - 1),
      forward10: () => pane.setIndex(pane.index + 10),
      back10: () => pane.setIndex(pane.index - 10),
      first: () => pane.setIndex(0),
      last: () => pane.setIndex(pane.stack.length - 1),
      nextSeries: () => this.stepSeries(1),
      previousSeries: () => this.stepSeries(-1),
      zoomIn: () => zoom(1.25),
      zoomOut: () => zoom(0.8),
      rotate: () => pane.setView(rotated(pane.view)),
      flipH: () => pane.setView(flippedHorizontally(pane.view)),
      flipV: () => pane.setView(flippedVertically(pane.view)),
      invert: () => pane.setView({ ...pane.view, invert: !pane.view.invert }),
      reset: () => pane.reset(),
      cine: () => this.toggleCine(),
      fullscreen: () => void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
      report: () => this.toggleReport(!this.reports.isOpen),
      help: () => this.more.open(this.host),
    };
    if (action !== 'cine' && action !== 'report') this.cine.stop();
    acts[action]?.();
  }

  /** Close what lies open over or beside the image. */
  escape(): void {
    if (this.reports.isOpen) this.toggleReport(false);
  }

  stop(): void {
    this.cine.stop();
    window.clearTimeout(this.timer);
  }

  private parts(): HTMLElement[] {
    const { say, language } = this.words;
    const { study, speak } = this.around;
    const choice = h('select', { class: 'po-select', 'aria-label': say('language'), onchange: () => speak(choice.value as Language) },
      ...LANGUAGES.map(([code, name]) => h('option', { value: code, lang: code, selected: code === language }, name)));
    const skip = h('a', { class: 'pv-skip', href: '#image', onclick: (event: Event) => {
      event.preventDefault();
      this.picture.focus();
    } }, say('skipToImage'));
    return [
      skip,
      h('header', { class: 'p-v__bar' },
        h('div', { class: 'p-v__ttl' }, h('h1', {}, study.title), h('small', {}, `${study.patient} · ${said(study.date, language)}`)), choice),
      h('main', { class: 'pv-body' },
        h('div', { class: 'pv-main' }, h('div', { class: 'p-vf__grid' }, this.picture), this.strip.element, this.notice),
        this.reports.element),
      h('footer', { class: 'pv-controls' }, this.brightness.element, this.cinePanel.element, this.slider.element, this.toolbar()),
    ];
  }

  private toolbar(): HTMLElement {
    const { say } = this.words;
    const { window: brightness, zoom, play, report } = this.buttons;
    return h('div', { class: 'p-vs__tools', role: 'toolbar', 'aria-label': say('tools') }, brightness, zoom, play,
      iconButton('arrow-counterclockwise', say('simpleReset'), () => this.act('reset')), report,
      iconButton('three-dots', say('simpleMore'), () => this.act('help')));
  }

  private fillMore(): void {
    const { say } = this.words;
    const item = (name: IconName, label: MessageKey, action: ActionId) => iconButton(name, say(label), () => {
      this.more.close();
      this.act(action);
    }, { className: 'pv-item' });
    const row = (keys: readonly string[], words: string) => h('div', {},
      h('dt', {}, ...keys.map((key) => h('kbd', {}, ARROWS[key] ?? (key.length === 1 ? key.toUpperCase() : key)))), h('dd', {}, words));
    const jpegs = this.around.study.series.some(({ objects }) => objects.some(([, , , exact]) => exact !== 1));
    this.more.body.append(
      item('arrow-clockwise', 'moreRotate', 'rotate'), item('symmetry-vertical', 'moreFlip', 'flipH'),
      item('yin-yang', 'moreInvert', 'invert'), item('fullscreen', 'moreFullscreen', 'fullscreen'),
      h('section', {}, h('p', {}, say('notDiagnosis')), jpegs && h('p', {}, say('jpegOnlyHelp'))),
      h('section', {}, h('h3', {}, say('orientationTitle')), h('p', {}, say('orientationHelp'))),
      h('section', { class: 'po-folder' }, h('h3', {}, say('folder')), this.around.folder),
      h('section', {}, h('h3', {}, say('keyboardTitle')), h('dl', { class: 'pv-keys' },
        ...MOVE_TOOLS.map(({ key, label }) => row([key], say(label))), ...KEYS.map(({ keys, label }) => row(keys, say(label))),
        row([say('keyboardPan')], say('keyboardPanText')), row([say('keyboardWindow')], say('keyboardWindowText')))));
  }

  private toggleReport(open: boolean): void {
    this.reports.toggle(open);
    setPressed(this.buttons.report, open);
    this.host.classList.toggle('has-report', open);
    if (!open) this.buttons.report.focus();
  }

  private toggleCine(): void {
    if (this.cine.playing) return this.cine.stop();
    this.cine.fps = initialFps(this.pane.frame?.header.fps ?? null, this.pane.stack.length);
    this.cine.start(this.pane);
  }

  private stepSeries(by: number): void {
    const { series } = this.around.study;
    const next = series[series.findIndex((one) => one === this.pane.series) + by];
    if (next) this.open(next);
  }

  private hint(key: MessageKey): void {
    window.clearTimeout(this.timer);
    this.notice.textContent = this.words.say(key);
    this.notice.hidden = false;
    this.timer = window.setTimeout(() => { this.notice.hidden = true; }, 4500);
  }

  private update(): void {
    const { pane, buttons } = this;
    const { say } = this.words;
    const { playing } = this.cine;
    setPressed(buttons.window, this.tool === 'window');
    setPressed(buttons.zoom, this.tool === 'zoom' || this.tool === 'pan');
    setPressed(buttons.play, playing);
    relabel(buttons.play, playing ? 'pause-fill' : 'play-fill', say(playing ? 'simplePause' : 'simplePlay'));
    buttons.play.disabled = pane.stack.length < 2;
    buttons.window.disabled = pane.shownIndex >= 0 && !pane.frame;
    this.brightness.element.hidden = this.tool !== 'window' || !pane.frame;
    this.cinePanel.update();
    this.strip.mark(pane.series);
    this.picture.dataset.tool = this.tool;
    if (!this.around.study.series.length) this.picture.replaceChildren(message('images', say('noImagesTitle'), say('noImages')));
  }
}

const ARROWS: Record<string, string> = { ArrowDown: '↓', ArrowRight: '→', ArrowUp: '↑', ArrowLeft: '←', PageDown: 'Page ↓', PageUp: 'Page ↑' };
