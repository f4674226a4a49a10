import type { WindowedPane } from '../core/paged';
import { presetsFor, sameWindow, type Preset } from '../core/window';
import type { Translate } from '../i18n';
import { h, setPressed } from './dom';

/** Brightness and contrast without dragging: presets in words and two sliders, usable by keyboard. */
export class BrightnessPanel {
  readonly element = h('div', { class: 'pv-panel', role: 'group', hidden: true });
  private readonly presets = h('div', { class: 'pv-presets' });
  private readonly brightness: HTMLInputElement;
  private readonly contrast: HTMLInputElement;
  private pane: WindowedPane | null = null;
  private stop: (() => void)[] = [];
  private buttons: { button: HTMLElement; preset: Preset }[] = [];

  constructor(private readonly t: Translate, private readonly plain: boolean, private readonly used: () => void) {
    this.element.setAttribute('aria-label', t(plain ? 'simpleBrightness' : 'presets'));
    this.brightness = h('input', { type: 'range', min: -100, max: 100, step: 1, value: 0, oninput: () => this.slid() });
    this.contrast = h('input', { type: 'range', min: -100, max: 100, step: 1, value: 0, oninput: () => this.slid() });
    this.element.append(this.presets,
      h('label', {}, h('span', {}, t('brightness')), this.brightness),
      h('label', {}, h('span', {}, t('contrast')), this.contrast));
  }

  follow(pane: WindowedPane): void {
    for (const end of this.stop) end();
    this.pane = pane;
    this.stop = [
      pane.on('shown', () => this.update()), pane.on('window', () => this.update()), pane.on('series', () => this.build()),
    ];
    this.build();
  }

  private initial() {
    return this.pane?.defaultWindow ?? null;
  }

  private build(): void {
    const modality = this.pane?.series?.modality ?? '';
    const all = presetsFor(modality, this.initial());
    const shown = this.plain ? all.filter((preset) => preset.plain) : all;
    this.buttons = shown.map((preset) => ({
      preset,
      button: h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => this.choose(preset) },
        this.t(this.plain && preset.plain ? preset.plain : preset.label)),
    }));
    this.presets.replaceChildren(...this.buttons.map(({ button }) => button));
    this.update();
  }

  private choose(preset: Preset): void {
    this.used();
    this.pane?.setWindow(preset.window === 'default' ? null : preset.window);
  }

  /** Sliders run over two widths of the image's own window; contrast is the inverse of width, on a log scale. */
  private slid(): void {
    const initial = this.initial();
    if (!initial || !this.pane) return;
    this.used();
    this.pane.setWindow({
      center: initial.center - (Number(this.brightness.value) / 100) * initial.width,
      width: Math.max(1, initial.width * 2 ** (-Number(this.contrast.value) / 33)),
    });
  }

  private update(): void {
    const initial = this.initial();
    const current = this.pane?.effectiveWindow ?? null;
    if (initial && this.buttons.length < 2) {
      const wanted = presetsFor(this.pane?.series?.modality ?? '', initial).length;
      if (wanted > 1 && this.buttons.length < wanted && this.buttons.length === 1) return this.build();
    }
    for (const { button, preset } of this.buttons) {
      const chosen = preset.window === 'default' ? null : preset.window;
      setPressed(button, sameWindow(chosen, this.pane?.window ?? null));
    }
    if (!initial || !current) return;
    this.brightness.value = String(Math.round(((initial.center - current.center) / initial.width) * 100));
    this.contrast.value = String(Math.round(-33 * Math.log2(current.width / initial.width)));
  }
}
