import type { PagedPane } from '../core/paged';
import type { Translate } from '../i18n';
import { h, iconButton } from './dom';

/** Previous, slider, next and "128 of 240", with a thin line for how much of the stack is loaded. */
export class Slider {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly output = h('output', {});
  private readonly loaded = h('progress', { max: 1, value: 0 });
  private stop: (() => void)[] = [];
  private pane: PagedPane | null = null;

  constructor(private readonly t: Translate) {
    this.input = h('input', { type: 'range', min: 1, step: 1, 'aria-label': t('imageSlider') });
    this.input.addEventListener('input', () => this.pane?.setIndex(Number(this.input.value) - 1));
    this.loaded.setAttribute('aria-label', t('imagesLoaded'));
    const step = (by: number) => () => this.pane?.setIndex(this.pane.index + by);
    this.element = h('div', { class: 'p-vs__slide' },
      iconButton('chevron-left', t('previousImage'), step(-1), { className: 'pv-btn pv-btn--ghost', iconOnly: true }),
      h('div', { class: 'pv-range' }, this.input, this.loaded),
      iconButton('chevron-right', t('nextImage'), step(1), { className: 'pv-btn pv-btn--ghost', iconOnly: true }),
      this.output);
  }

  /** Follow another pane. */
  follow(pane: PagedPane): void {
    for (const end of this.stop) end();
    this.pane = pane;
    this.stop = [
      pane.on('index', () => this.update()),
      pane.on('shown', () => this.update()), // a stack that was computed anew may be longer
      pane.on('series', () => {
        this.loaded.value = 0;
        this.update();
      }),
      pane.on('progress', (share) => { this.loaded.value = share; }),
    ];
    this.update();
  }

  private update(): void {
    const count = this.pane?.stack.length ?? 0;
    const index = (this.pane?.index ?? 0) + 1;
    const text = this.t('imageOf', { index, count });
    this.input.max = String(Math.max(1, count));
    this.input.value = String(index);
    this.input.setAttribute('aria-valuetext', text);
    this.output.textContent = text;
    this.element.hidden = count < 2;
  }
}
