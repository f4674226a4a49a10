import { nearest, centre as middleOf, planeOf, toImage, type Plane, type Vec3 } from '../core/geometry';
import { deviceMemory } from '../core/network';
import type { Pane } from '../core/pane';
import type { SeriesInfo } from '../app/context';
import { attributesOf } from '../dicomweb/attributes';
import type { Layout } from '../core/layout';
import type { MessageKey } from '../i18n';
import type { Frame, Made, Planes } from '../mpr/load';
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

type Code = typeof import('../mpr/load');

/** While somebody turns planes they are drawn so often, and completed when nothing came for a while. */
const DRAW_MS = 60;
const SETTLE_MS = 350;

/** Axial, coronal and sagittal planes through the series of the active pane. */
export class Mpr {
  state: 'off' | 'loading' | 'on' = 'off';
  slab: Slab = { millimetres: 0, mode: 'max' };
  private planes: Planes | null = null;
  private code: Code | null = null;
  /** Planes that were turned. */
  private frames: Partial<Record<PlaneName, Frame>> = {};
  private turns = 0;
  private waiting: { pane: Pane; radians: number } | null = null;
  private drawing = 0;
  private settling = 0;
  private before: Before | null = null;
  private attempt = 0;

  constructor(private readonly viewer: Viewer) {}

  /** Begin, give up beginning, or end. */
  async toggle(): Promise<void> {
    if (this.state !== 'off') return this.end();
    const { pane } = this.viewer.active;
    this.set('loading');
    const attempt = ++this.attempt;
    try {
      const refusal = await this.begin(pane, attempt);
      if (attempt !== this.attempt) return;
      if (refusal) this.viewer.emit('notice', this.viewer.t(`mprNo${refusal}`));
      this.set(refusal ? 'off' : 'on');
    } catch {
      if (attempt !== this.attempt) return;
      this.viewer.emit('notice', this.viewer.t('mprFailed'));
      this.set('off');
    } finally {
      if (attempt === this.attempt) this.viewer.emit('progress', null);
    }
  }

  private set(state: Mpr['state']): void {
    this.state = state;
    this.viewer.emit('change', undefined);
  }

  private async begin(pane: Pane, attempt: number): Promise<Refusal | null> {
    const { viewer } = this;
    const { series, stack } = pane;
    if (!series || series.made || !mayBeVolume(series)) return 'Kind';
    if (viewer.pixels === 'impossible') return 'Webgl';
    viewer.emit('progress', { text: viewer.t('mprLoading'), share: 0, cancel: () => this.end() });
    const { web, metadata } = pane.environment;
    const sets = await metadata.load(series);
    const [code, { registerStack }] = await Promise.all([import('../mpr/load'), import('../core/pixels'), viewer.pixelsReady()]);
    const { fitsShort, loadVolume, Planes: Lender } = code;
    this.code = code;
    if (attempt !== this.attempt || pane.series !== series) return null;
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
        if (attempt === this.attempt) this.tell(done, stack.length);
        return attempt === this.attempt;
      },
    });
    const middle = metadata.set(stack[plan.order[plan.order.length >> 1] as number]);
    if (!volume || !middle || attempt !== this.attempt) return null;
    this.planes = new Lender(volume, series, middle, pane.effectiveWindow, (gone, instances) => metadata.drop(gone, instances));
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
    this.frames = {};
    const made = (['axial', 'coronal', 'sagittal'] as const).map((name) => this.made(name, pane).series);
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

  /** The images of a plane as it lies now: a turned one goes through that point. */
  private made(name: PlaneName, { environment }: Pane, through?: Vec3, draft = false): Made {
    if (!this.planes) throw new Error('There is no volume');
    const { t } = this.viewer;
    const [frame, plane] = [this.frames[name], t(TITLES[name])];
    const made = frame && through
      ? this.planes.slanted(name, t('planeOblique', { plane }), this.slab, { frame, through, turn: ++this.turns, draft })
      : this.planes.series(name, plane, this.slab);
    environment.metadata.put(made.series.uid, made.sets);
    return made;
  }

  /** The panes that show planes, drawn already or not. */
  private shown(): { name: PlaneName; pane: Pane; plane: Plane }[] {
    return this.viewer.panes.flatMap(({ pane }) => {
      const name = pane.series?.made ? (/-(axial|coronal|sagittal)-/.exec(pane.series.uid)?.[1] as PlaneName | undefined) : undefined;
      const plane = pane.place.plane ?? pane.place.planes[pane.index];
      return name && plane ? [{ name, pane, plane }] : [];
    });
  }

  /** Make every plane as thick as this, combined like this. */
  setSlab(slab: Slab): void {
    this.slab = slab;
    this.remake(() => true);
    this.viewer.emit('change', undefined);
  }

  get isTurned(): boolean {
    return Object.keys(this.frames).length > 0;
  }

  /** Turn the two other planes about the normal of this pane's, through the point in which all three meet. */
  turn(pane: Pane, radians: number): void {
    this.waiting = { pane, radians: radians + (this.waiting?.pane === pane ? this.waiting.radians : 0) };
    if (!this.drawing) this.drawing = window.setTimeout(() => this.turnNow(), DRAW_MS);
  }

  private turnNow(): void {
    this.drawing = 0;
    const { code, planes, waiting } = this;
    this.waiting = null;
    const shown = this.shown();
    const axis = shown.find(({ pane }) => pane === waiting?.pane)?.plane.normal;
    if (!code || !planes || !waiting || !axis || shown.length !== 3) return;
    const others = shown.filter(({ pane }) => pane !== waiting.pane);
    for (const { name } of others) this.frames[name] = code.turned(this.frames[name] ?? planes.straight(name), axis, waiting.radians);
    this.remake((pane) => pane !== waiting.pane, true);
    window.clearTimeout(this.settling);
    this.settling = window.setTimeout(() => {
      this.remake((pane) => pane !== waiting.pane);
      this.viewer.emit('change', undefined);
    }, SETTLE_MS);
  }

  /** Let every plane lie again as nobody turned it. */
  straighten(): void {
    this.frames = {};
    this.remake(() => true);
    this.viewer.emit('change', undefined);
  }

  /** Compute these planes anew: what is in the middle of the cross stays where it is on screen, as large as it is. */
  private remake(which: (pane: Pane) => boolean, draft = false): void {
    const shown = this.shown();
    if (!this.planes || !this.code || !shown.length) return;
    const through = shown.length === 3 ? this.code.meeting(shown.map(({ plane }) => plane)) : undefined;
    for (const { name, pane, plane } of shown) {
      if (!which(pane)) continue;
      const made = this.made(name, pane, through, draft);
      const scale = pane.place.fit * pane.view.zoom;
      const at = through && pane.place.onScreen(toImage(plane, through));
      const wasTurned = pane.series?.uid.includes('-turn') ?? false;
      if (!this.frames[name] && !wasTurned) {
        pane.renew(made.series);
        continue;
      }
      pane.renew(made.series, this.frames[name] ? made.middle : this.straightIndex(made, through));
      if (at && through) keep(pane, through, scale, at);
    }
    this.viewer.links.anchor();
    this.viewer.links.draw();
  }

  private straightIndex({ series, sets }: Made, through: Vec3 | undefined): number {
    const planes = series.instances.map(({ uid, rows, columns }) => planeOf(attributesOf(sets.get(uid) ?? {}, 1), rows, columns));
    return (through && nearest(planes, through)) ?? 0;
  }

  /** Back to what was there, the series at the place that its own pane shows. */
  end(): void {
    this.attempt += 1;
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
    this.frames = {};
    window.clearTimeout(this.drawing);
    window.clearTimeout(this.settling);
    [this.drawing, this.waiting] = [0, null];
    this.planes?.release();
    this.planes = null;
    this.set('off');
  }
}

/** Let a point of the patient stay at this place on screen, and a millimetre as long as it was. The engine hears of it with the new image. */
function keep(pane: Pane, through: Vec3, scale: number, [x, y]: readonly [number, number]): void {
  pane.view = { ...pane.view, zoom: scale / pane.place.fit, panX: 0, panY: 0 };
  const plane = pane.place.plane;
  const [nowX, nowY] = plane ? pane.place.onScreen(toImage(plane, through)) : [0, 0];
  pane.view = { ...pane.view, panX: x - nowX, panY: y - nowY };
}
