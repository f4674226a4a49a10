import { MAX_FPS, MIN_FPS, type Cine } from '../core/cine';
import type { Translate } from '../i18n';
import { h } from './dom';

/** The speed of a running cine. */
export class CinePanel {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly output = h('output', {});

  constructor(private readonly t: Translate, private readonly cine: Cine) {
    this.input = h('input', { type: 'range', min: MIN_FPS, max: MAX_FPS, step: 1, oninput: () => this.changed() });
    this.element = h('div', { class: 'pv-panel', hidden: true },
      h('label', {}, h('span', {}, t('speed')), this.input, this.output));
  }

  private changed(): void {
    this.cine.fps = Number(this.input.value);
    this.update();
  }

  update(): void {
    const text = this.t('framesPerSecond', { fps: this.cine.fps });
    this.element.hidden = !this.cine.playing;
    this.input.value = String(this.cine.fps);
    this.input.setAttribute('aria-valuetext', text);
    this.output.textContent = text;
  }
}
