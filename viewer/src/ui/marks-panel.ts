import type { Translate } from '../i18n';
import type { Marks } from '../marks/marks';
import { h } from './dom';

/** What lies over the images, each with its switch: planes and shutters, presentations, the segments by name. */
export class MarksPanel {
  readonly element: HTMLElement;

  constructor(private readonly t: Translate, private readonly marks: Marks) {
    this.element = h('div', { class: 'pv-panel pv-markspanel', role: 'group', 'aria-label': t('marks'), hidden: true });
    marks.on('change', () => this.update());
    this.update();
  }

  private check(label: string, checked: boolean, change: (checked: boolean) => void, color?: readonly number[], key = ''): HTMLElement {
    const box = h('input', { type: 'checkbox', 'data-mark': key, onchange: () => change(box.checked) });
    box.checked = checked;
    const swatch = color ? h('i', { class: 'pv-swatch' }) : null;
    if (swatch && color) swatch.style.background = `rgb(${color.join(' ')})`;
    return h('label', { class: 'pv-check' }, box, swatch, h('span', {}, label));
  }

  private update(): void {
    const { marks, t } = this;
    const focused = this.element.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset['mark'] : undefined;
    const labels = marks.presentations.map(({ label }) => label).filter(Boolean);
    const segments = marks.segments;
    this.element.replaceChildren(
      this.check(t('marksOverlays'), marks.overlaysShown, (on) => marks.show('overlays', on), undefined, 'overlays'),
      ...(marks.presentations.length ? [this.check([t('marksPresentation'), [...new Set(labels)].join(', ')].filter(Boolean).join(': '),
        marks.presentationsShown, (on) => marks.show('presentations', on), undefined, 'presentations')] : []),
      ...(segments.length ? [h('strong', {}, t('marksSegments'))] : []),
      ...segments.map((one) => this.check(one.label, one.shown, (on) => marks.showSegment(one.key, on), one.color, one.key)));
    if (focused) this.element.querySelector<HTMLElement>(`[data-mark="${CSS.escape(focused)}"]`)?.focus();
  }
}
