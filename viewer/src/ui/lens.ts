import type { PixelLayer } from '../core/pixels';
import type { ImageRef } from '../core/stack';
import { h } from './dom';
import type { PaneView } from './pane-view';

const MAGNIFIED = 2.5;
const SIDE = 240;

/** A magnifying glass over the image under the pointer: the stored pixels once more, larger. One for all panes. */
export class Lens {
  private readonly gl = h('div', { class: 'pv-gl' });
  // never without a size, since the engine resizes all its viewports together: hidden by class, and part of no pane
  private readonly element = h('div', { class: 'pv-lens is-off', 'aria-hidden': 'true' }, this.gl);
  private layer: PixelLayer | null = null;
  private stack: readonly ImageRef[] | null = null;
  private index = -1;
  private turn = 0;

  /** Show what lies at (x, y), in CSS pixels from the pane's middle. Nothing happens before the engine draws there. */
  async show(view: PaneView, x: number, y: number): Promise<void> {
    const { pane } = view;
    if (!pane.pixelsShown) return;
    const turn = ++this.turn;
    if (!this.element.isConnected) document.body.append(this.element);
    const { left, top, width, height } = pane.stage.getBoundingClientRect();
    this.element.style.transform = `translate(${left + width / 2 + x - SIDE / 2}px, ${top + height / 2 + y - SIDE / 2}px)`;
    this.element.classList.remove('is-off');
    const { PixelLayer: Layer } = await import('../core/pixels');
    this.layer ??= new Layer('lens', this.gl, pane.environment.web);
    if (this.stack !== pane.stack) {
      this.layer.open(pane.stack);
      this.stack = pane.stack;
      this.index = -1;
    }
    const zoom = (pane.view.zoom * MAGNIFIED * pane.place.fit) / pane.place.fitIn({ width: this.gl.clientWidth, height: this.gl.clientHeight });
    const { panX, panY } = pane.view;
    this.layer.apply({ ...pane.view, zoom, panX: (panX - x) * MAGNIFIED, panY: (panY - y) * MAGNIFIED }, pane.window);
    if (this.index === pane.shownIndex) return;
    if ((await this.layer.show(pane.shownIndex)) && turn === this.turn) this.index = pane.shownIndex;
  }

  /** The engine has gone, and the layer with it. */
  forget(): void {
    this.hide();
    this.layer = this.stack = null;
  }

  hide(): void {
    this.turn += 1;
    this.element.classList.add('is-off');
  }
}
