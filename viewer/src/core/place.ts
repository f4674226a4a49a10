import type { PaneEnvironment } from './pane';
import { planeOf, type Plane, type Point2 } from './geometry';
import type { ImageRef } from './stack';
import { fitScale, INITIAL_VIEW, onScreen, underScreen, type Size, type ViewState } from './view';

/** How an image lies before anybody moves it: mirrored or not, in the middle or against the left (-1) or right (1) edge. */
export interface Hang {
  flipH: boolean;
  justify: -1 | 0 | 1;
}

export const PLAIN: Hang = { flipH: false, justify: 0 };

/** What of a pane says where its images are, on screen and in the patient. */
interface Placed {
  readonly stage: HTMLElement;
  readonly environment: Pick<PaneEnvironment, 'metadata'>;
  readonly stack: readonly ImageRef[];
  readonly index: number;
  readonly shownIndex: number;
  readonly view: ViewState;
}

/** Turns points of a pane's image into points on screen or in the patient, and back. */
export class Place {
  private known: (Plane | null)[] | null = null;

  constructor(private readonly pane: Placed) {}

  /** The pane shows another series. */
  forget(): void {
    this.known = null;
  }

  /** Where each image of the stack lies; nulls while that is not known. */
  get planes(): readonly (Plane | null)[] {
    if (this.known) return this.known;
    const { stack, environment: { metadata } } = this.pane;
    const planes = stack.map((image) => planeOf(metadata.of(image), image.rows, image.columns));
    if (metadata.of(stack[0])) this.known = planes;
    return planes;
  }

  /** Where the image on screen lies. */
  get plane(): Plane | null {
    return this.planes[this.pane.shownIndex] ?? null;
  }

  private get image(): ImageRef | undefined {
    return this.pane.stack[Math.max(0, this.pane.shownIndex)];
  }

  /** Distance of two columns and of two rows in millimetres, null where the file does not say. */
  get spacing(): Point2 | null {
    const [rows, columns] = this.pane.environment.metadata.of(this.image)?.spacing ?? [];
    return rows && columns ? [columns, rows] : null;
  }

  /** The same, or in widths of a pixel where millimetres are unknown. */
  private get steps(): Point2 {
    return this.spacing ?? [1, this.pane.environment.metadata.of(this.image)?.pixelAspect ?? 1];
  }

  /** Width and height of the image in millimetres, where they are unknown in pixels. */
  private get extent(): Size {
    const [across, down] = this.steps;
    return { width: (this.image?.columns || 1) * across, height: (this.image?.rows || 1) * down };
  }

  /** CSS pixels of one millimetre (of one pixel where those are unknown) before any zoom. */
  get fit(): number {
    const { clientWidth, clientHeight } = this.pane.stage;
    return this.fitIn({ width: clientWidth, height: clientHeight });
  }

  /** The same for a box of another size than the pane. */
  fitIn(box: Size): number {
    return fitScale(this.extent, box);
  }

  /** CSS pixels from the pane's middle of an image point. */
  onScreen([column, row]: Point2): [number, number] {
    const [across, down] = this.steps;
    const { width, height } = this.extent;
    return onScreen(this.pane.view, this.fit, [(column + 0.5) * across - width / 2, (row + 0.5) * down - height / 2]);
  }

  /** The image point under CSS pixels from the pane's middle. */
  at(x: number, y: number): Point2 {
    const [across, down] = this.steps;
    const { width, height } = this.extent;
    const [u, v] = underScreen(this.pane.view, this.fit, [x, y]);
    return [(u + width / 2) / across - 0.5, (v + height / 2) / down - 0.5];
  }

  /** The view before anybody moves it. */
  home({ flipH, justify }: Hang): ViewState {
    const room = this.pane.stage.clientWidth - this.extent.width * this.fit;
    return { ...INITIAL_VIEW, flipH, panX: justify ? (justify * Math.max(0, room)) / 2 : 0 };
  }
}
