import type { Pane } from '../core/pane';
import { screenMatrix } from '../core/view';
import { h } from './dom';

/** A line over a pane whose plane can be turned: its ends in CSS pixels from the pane's middle, and the number of its pane. */
export interface Turnable {
  ends: readonly [readonly [number, number], readonly [number, number]];
  number: number;
}

const STEP = Math.PI / 180;
const KEYS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Handles at the ends of lines: dragging one, or its arrow keys, turns the plane that the line stands for. */
export class TurnHandles {
  readonly element = h('div', { class: 'pv-turns' });
  private readonly handles = new Map<string, HTMLElement>();
  private centre: readonly [number, number] = [0, 0];

  /** @param turn asked for radians, counterclockwise seen against the normal of this pane's plane */
  constructor(
    private readonly pane: Pane, private readonly label: (number: number) => string, private readonly turn: (radians: number) => void,
  ) {}

  /** Let the handles stand at these lines, which cross at `centre`. */
  place(lines: readonly Turnable[], centre: readonly [number, number]): void {
    this.centre = centre;
    const wanted = new Set(lines.flatMap(({ number }) => [`${number}/0`, `${number}/1`]));
    for (const [key, handle] of this.handles) {
      if (wanted.has(key)) continue;
      handle.remove();
      this.handles.delete(key);
    }
    for (const { ends, number } of lines) ends.forEach((end, which) => this.put(number, which, end, ends));
  }

  private put(number: number, which: number, [x, y]: readonly [number, number], [from, to]: Turnable['ends']): void {
    const handle = this.handles.get(`${number}/${which}`) ?? this.make(number, which);
    handle.style.left = `calc(50% + ${x}px)`;
    handle.style.top = `calc(50% + ${y}px)`;
    const degrees = Math.round((Math.atan2(from[1] - to[1], to[0] - from[0]) / STEP + 360) % 180);
    handle.setAttribute('aria-valuenow', String(degrees));
    handle.setAttribute('aria-valuetext', `${degrees}°`);
    handle.title = this.label(number);
    handle.setAttribute('aria-label', handle.title);
  }

  /** Of the two at a line the keyboard needs one. */
  private make(number: number, which: number): HTMLElement {
    const handle = h('div', {
      class: `pv-turn pv-turn--${number}`, role: 'slider', tabindex: which ? null : '0', 'aria-hidden': which ? 'true' : null,
      'aria-valuemin': '0', 'aria-valuemax': '179', 'data-keys': '',
      onkeydown: (event: KeyboardEvent) => this.pressed(event), onpointerdown: (event: PointerEvent) => this.dragged(event),
    });
    this.handles.set(`${number}/${which}`, handle);
    this.element.append(handle);
    return handle;
  }

  private pressed(event: KeyboardEvent): void {
    const by = KEYS[event.key];
    if (!by) return;
    event.preventDefault();
    this.clockwise(by * STEP * (event.shiftKey ? 5 : 1));
  }

  /** As it is seen; a mirrored image turns the other way. */
  private clockwise(angle: number): void {
    const [a, b, c, d] = screenMatrix(this.pane.view);
    this.turn(Math.sign(a * d - b * c) * angle);
  }

  private dragged(event: PointerEvent): void {
    const handle = event.currentTarget as HTMLElement;
    const box = this.element.getBoundingClientRect();
    const angleOf = (to: PointerEvent) => Math.atan2(
      to.clientY - box.top - box.height / 2 - this.centre[1], to.clientX - box.left - box.width / 2 - this.centre[0]);
    let last = angleOf(event);
    const move = (to: PointerEvent) => {
      const now = angleOf(to);
      this.clockwise(Math.atan2(Math.sin(now - last), Math.cos(now - last)));
      last = now;
    };
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener('pointermove', move);
    for (const end of ['pointerup', 'pointercancel'] as const) {
      handle.addEventListener(end, () => handle.removeEventListener('pointermove', move), { once: true });
    }
  }
}
