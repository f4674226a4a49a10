import { RequestFailure, type FailureKind } from '../dicomweb/client';

/** How often an image is asked for while there is no network: browsers do not notice every one that comes back. */
const AGAIN_MS = 4000;

/** What stands in the way of an image: told once, and tried again by itself where it is the network. */
export class Trouble {
  private kind: FailureKind | null = null;
  private timer = 0;

  constructor(private readonly tell: (failure: RequestFailure | null) => void, private readonly again: () => void) {}

  meet(error: unknown): void {
    const failure = error instanceof RequestFailure ? error : new RequestFailure('server');
    if (failure.kind !== this.kind) this.tell(failure);
    this.kind = failure.kind;
    if (failure.kind === 'offline') this.later();
  }

  /** Without a word: something else is on screen meanwhile. */
  later(): void {
    this.rest();
    this.timer = window.setTimeout(this.again, AGAIN_MS);
  }

  over(): void {
    this.rest();
    this.kind = null;
    this.tell(null);
  }

  rest(): void {
    window.clearTimeout(this.timer);
  }
}
