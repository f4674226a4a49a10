/** Loads images behind the one on screen, a few at once: always those around where the person is by then. */
const AT_ONCE = 3;

export class Ahead {
  private order: number[] = [];
  private workers = 0;

  constructor(private readonly load: (index: number) => Promise<void>) {}

  /** From now on these, in this order. A failure ends them: showing the image will meet it again. */
  aim(order: number[]): void {
    this.order = order;
    while (this.workers < AT_ONCE && this.order.length) void this.work();
  }

  private async work(): Promise<void> {
    this.workers += 1;
    try {
      for (let next = this.order.shift(); next !== undefined; next = this.order.shift()) await this.load(next);
    } catch {
      this.order = [];
    } finally {
      this.workers -= 1;
    }
  }
}
