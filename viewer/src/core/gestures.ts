import type { ToolId } from '../tools/catalog';

/** What fingers, mouse and wheel can ask of a pane. Distances in CSS pixels, positions from the pane's middle. */
export interface GestureTarget {
  tool(): ToolId;
  activate(): void;
  scroll(steps: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  window(dx: number, dy: number): void;
  doubleTap(x: number, y: number): void;
  /** A tool that follows the pointer is held down at (x, y). */
  hold(x: number, y: number, phase: 'down' | 'move' | 'up'): void;
  /** Two fingers came down: a measurement begun by the first is not meant. */
  cancelMeasurement(): void;
  /** Pixels of drag for one image. */
  pixelsPerImage(): number;
}

const WHEEL_STEP = 40;
const DOUBLE_TAP_MS = 320;
const TAP_DISTANCE = 12;

interface Finger {
  x: number;
  y: number;
  button: number;
}

/** Turns pointer events on `surface` into what `target` understands. */
export class Gestures {
  private readonly fingers = new Map<number, Finger>();
  private carried = 0;
  private wheel = 0;
  private travelled = 0;
  private lastTap = { time: 0, x: 0, y: 0 };

  constructor(private readonly surface: HTMLElement, private readonly target: GestureTarget) {
    surface.addEventListener('pointerdown', (event) => this.down(event));
    surface.addEventListener('pointermove', (event) => this.move(event));
    for (const name of ['pointerup', 'pointercancel'] as const) {
      surface.addEventListener(name, (event) => this.up(event));
    }
    surface.addEventListener('wheel', (event) => this.wheeled(event), { passive: false });
    surface.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  private position(event: PointerEvent | WheelEvent): { x: number; y: number } {
    const box = this.surface.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  }

  private holding(finger: Finger): boolean {
    return finger.button === 0 && ['magnify', 'locate'].includes(this.target.tool());
  }

  private measuring(finger: Finger): boolean {
    return isMeasuring(this.target.tool()) && finger.button === 0;
  }

  private down(event: PointerEvent): void {
    this.target.activate();
    const finger = { ...this.position(event), button: event.button };
    this.fingers.set(event.pointerId, finger);
    this.carried = 0;
    if (this.fingers.size === 1) this.travelled = 0;
    if (this.fingers.size === 2) {
      this.travelled = Infinity;
      if (isMeasuring(this.target.tool())) this.target.cancelMeasurement();
    }
    if (!this.measuring(finger)) this.surface.setPointerCapture(event.pointerId);
    if (this.fingers.size === 1 && this.holding(finger)) this.target.hold(finger.x, finger.y, 'down');
    if (event.pointerType === 'mouse' && event.button === 1) event.preventDefault();
  }

  private move(event: PointerEvent): void {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = { ...this.position(event), button: before.button };
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (this.fingers.size === 2) this.pinch(event.pointerId, before, now);
    else if (this.fingers.size === 1) this.drag(before, now);
    this.fingers.set(event.pointerId, now);
  }

  private drag(before: Finger, now: Finger): void {
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    if (before.button === 2) return this.target.zoom(Math.exp(-dy / 150), 0, 0);
    if (before.button === 1) return this.target.pan(dx, dy);
    switch (this.target.tool()) {
      case 'window': return this.target.window(dx, dy);
      case 'zoom': return this.target.zoom(Math.exp(-dy / 150), 0, 0);
      case 'pan': return this.target.pan(dx, dy);
      case 'scroll': return this.dragScroll(dx, dy);
      case 'magnify': case 'locate': return this.target.hold(now.x, now.y, 'move');
    }
  }

  /** Down or to the left goes on, as a page is turned; what is left over under one image is carried on. */
  private dragScroll(dx: number, dy: number): void {
    this.carried += Math.abs(dy) >= Math.abs(dx) ? dy : -dx;
    const steps = Math.trunc(this.carried / this.target.pixelsPerImage());
    if (!steps) return;
    this.carried -= steps * this.target.pixelsPerImage();
    this.target.scroll(steps);
  }

  private pinch(id: number, before: Finger, now: Finger): void {
    const other = [...this.fingers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const size = (finger: Finger) => Math.hypot(finger.x - other.x, finger.y - other.y);
    this.target.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (size(before) > 10) {
      this.target.zoom(size(now) / size(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
    }
  }

  private up(event: PointerEvent): void {
    const finger = this.fingers.get(event.pointerId);
    this.fingers.delete(event.pointerId);
    this.carried = 0;
    if (finger && this.holding(finger)) this.target.hold(finger.x, finger.y, 'up');
    if (!finger || event.type === 'pointercancel' || finger.button !== 0) return;
    if (this.travelled > TAP_DISTANCE || this.fingers.size || isMeasuring(this.target.tool())) return;
    const near = Math.hypot(finger.x - this.lastTap.x, finger.y - this.lastTap.y) < 40;
    if (near && event.timeStamp - this.lastTap.time < DOUBLE_TAP_MS) {
      this.lastTap.time = 0;
      this.target.doubleTap(finger.x, finger.y);
    } else {
      this.lastTap = { time: event.timeStamp, x: finger.x, y: finger.y };
    }
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    this.target.activate();
    const delta = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_STEP;
    if (event.ctrlKey || event.metaKey) {
      const { x, y } = this.position(event);
      return this.target.zoom(Math.exp(-delta / 300), x, y);
    }
    this.wheel += delta;
    const steps = Math.trunc(this.wheel / WHEEL_STEP);
    if (!steps) return;
    this.wheel = 0;
    // One notch is one image, however far the browser says that it scrolls.
    this.target.scroll(Math.abs(delta) >= WHEEL_STEP ? Math.sign(steps) : steps);
  }
}

/** True for tools whose drag belongs to Cornerstone. */
export function isMeasuring(tool: ToolId): boolean {
  return ['length', 'angle', 'ellipse', 'rectangle', 'probe', 'note'].includes(tool);
}
