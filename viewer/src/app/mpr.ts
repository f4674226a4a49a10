import { nearest, centre as middleOf } from '../core/geometry';
import { deviceMemory } from '../core/network';
import type { Pane } from '../core/pane';
import type { SeriesInfo } from '../app/context';
import type { Layout } from '../core/layout';
import type { MessageKey } from '../i18n';
import type { Planes } from '../mpr/load';
import { bytesOf, mayBeVolume, memoryBound, planVolume, type Refusal } from '../mpr/plan';
import type { PlaneName, Slab } from '../mpr/reslice';
import type { Arranged, Viewer } from './viewer';
import { isPhone } from './device';

const TITLES: Record<PlaneName, MessageKey> = { axial: 'planeAxial', coronal: 'planeCoronal', sagittal: 'planeSagittal' };

/** What was on screen before the planes took it. */
interface Before {
  layout: Layout;
  scroll: boolean;
  series: SeriesInfo;
  images: Arranged[];
}

/** Axial, coronal and sagittal planes through the series of the active pane. */
export class Mpr {
  state: 'off' | 'loading' | 'on' = 'off';
  slab: Slab = { millimetres: 0, mode: 'max' };
  private planes: Planes | null = null;
  private before: Before | null = null;
  private turn = 0;

  constructor(private readonly viewer: Viewer) {}

  /** Begin, give up beginning, or end. */
  async toggle(): Promise<void> {
    if (this.state !== 'off') return this.end();
    const { pane } = this.viewer.active;
    this.set('loading');
    const turn = ++this.turn;
    try {
      const refusal = await this.begin(pane, turn);
      if (turn !== this.turn) return;
      if (refusal) this.viewer.emit('notice', this.viewer.t(`mprNo${refusal}`));
      this.set(refusal ? 'off' : 'on');
    } catch {
      if (turn !== this.turn) return;
      this.viewer.emit('notice', this.viewer.t('mprFailed'));
      this.set('off');
    } finally {
      if (turn === this.turn) this.viewer.emit('progress', null);
    }
  }

  private set(state: Mpr['state']): void {
    this.state = state;
    this.viewer.emit('change', undefined);
  }

  private async begin(pane: Pane, turn: number): Promise<Refusal | null> {
    const { viewer } = this;
    const { series, stack } = pane;
    if (!series || series.made || !mayBeVolume(series)) return 'Kind';
    if (viewer.pixels === 'impossible') return 'Webgl';
    viewer.emit('progress', { text: viewer.t('mprLoading'), share: 0, cancel: () => this.end() });
    const { web, metadata } = pane.environment;
    const sets = await metadata.load(series);
    const [{ fitsShort, loadVolume, Planes: Lender }, { registerStack }] =
      await Promise.all([import('../mpr/load'), import('../core/pixels'), viewer.pixelsReady()]);
    if (turn !== this.turn || pane.series !== series) return null;
    const attributes = stack.map((image) => metadata.of(image));
    if (attributes.some((one) => !one || one.color)) return 'Kind';
    const plan = planVolume(pane.place.planes);
    if (typeof plan === 'string') return plan;
    const short = fitsShort(sets.values());
    if (bytesOf(pane.place.planes, short ? 2 : 4) > memoryBound(isPhone(), deviceMemory())) return 'Memory';
    registerStack(stack, sets, web);
    const volume = await loadVolume({
      plan, stack, short, web,
      progress: (done) => {
        if (turn === this.turn) this.tell(done, stack.length);
        return turn === this.turn;
      },
    });
    const middle = metadata.set(stack[plan.order[plan.order.length >> 1] as number]);
    if (!volume || !middle || turn !== this.turn) return null;
    this.planes = new Lender(volume, series, middle, pane.effectiveWindow);
    this.hang(pane, series);
    return null;
  }

  private tell(done: number, count: number): void {
    const { viewer } = this;
    viewer.emit('progress', {
      text: viewer.t('mprProgress', { done, count }), share: done / count, cancel: () => this.end(),
    });
  }

  /** The three planes and the series as it came, all at the place that was on screen. */
  private hang(pane: Pane, series: SeriesInfo): void {
    const { viewer } = this;
    const place = pane.place.plane && middleOf(pane.place.plane);
    const index = pane.index;
    const window = pane.window;
    const images = viewer.panes.flatMap((view) => (view.pane.series ? [{ series: view.pane.series, index: view.pane.index }] : []));
    this.before = { layout: viewer.layout, scroll: viewer.links.scroll, series, images };
    this.slab = { millimetres: 0, mode: 'max' };
    const made = (['axial', 'coronal', 'sagittal'] as const).map((name) => this.made(name, pane));
    viewer.arrange('2x2', [...made.map((one) => ({ series: one, index: one.count >> 1 })), { series, index }]);
    for (const view of viewer.panes) {
      const at = place && view.pane.series?.made ? nearest(view.pane.place.planes, place) : null;
      if (at !== null) view.pane.setIndex(at);
      if (view.pane.series?.made) view.pane.setWindow(window);
    }
    viewer.links.scroll = true;
    viewer.links.lines = true;
    viewer.links.anchor();
    viewer.select('locate');
  }

  private made(name: PlaneName, { environment }: Pane): SeriesInfo {
    if (!this.planes) throw new Error('There is no volume');
    const { series, sets } = this.planes.series(name, this.viewer.t(TITLES[name]), this.slab);
    environment.metadata.put(series.uid, sets);
    return series;
  }

  /** Make every plane as thick as this, combined like this. */
  setSlab(slab: Slab): void {
    this.slab = slab;
    for (const { pane } of this.viewer.panes) {
      const name = pane.series?.made ? (/-(axial|coronal|sagittal)-/.exec(pane.series.uid)?.[1] as PlaneName) : null;
      if (name && this.planes) pane.renew(this.made(name, pane));
    }
    this.viewer.emit('change', undefined);
  }

  /** Back to what was there, the series at the place that its own pane shows. */
  end(): void {
    this.turn += 1;
    this.viewer.emit('progress', null);
    const { before, viewer } = this;
    if (before) {
      const own = viewer.panes.find(({ pane }) => pane.series === before.series);
      const at = own?.pane.index;
      viewer.links.scroll = before.scroll;
      viewer.arrange(before.layout, before.images.map((one) => (one.series === before.series && at !== undefined ? { ...one, index: at } : one)));
      if (viewer.tool === 'locate') viewer.select('scroll');
    }
    this.before = null;
    this.planes?.release();
    this.planes = null;
    this.set('off');
  }
}
