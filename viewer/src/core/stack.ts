import type { SeriesInfo } from '../app/context';

/** One image of a series: an instance, or one frame of a multi-frame instance. */
export interface ImageRef {
  studyUid: string;
  seriesUid: string;
  instanceUid: string;
  /** 1-based, as in the path of WADO-RS frames. */
  frame: number;
  frames: number;
  rows: number;
  columns: number;
  transferSyntax: string;
  /** Computed here from a volume: no server has it. */
  made: boolean;
}

/** The images of a series in the order of the context, multi-frame instances unrolled. */
export function buildStack(series: SeriesInfo): ImageRef[] {
  return series.instances.flatMap((instance) => {
    const frames = Math.max(1, instance.frames);
    return Array.from({ length: frames }, (_, index) => ({
      studyUid: series.study,
      seriesUid: series.uid,
      instanceUid: instance.uid,
      frame: index + 1,
      frames,
      rows: instance.rows,
      columns: instance.columns,
      transferSyntax: instance.transfer_syntax,
      made: series.made,
    }));
  });
}

/** `index` held inside a stack of `length` images; 0 for an empty one. */
export function clampIndex(index: number, length: number): number {
  return Math.max(0, Math.min(length - 1, Math.round(index)));
}

/**
 * The order in which neighbours of `current` are worth loading: near ones first, two ahead in the direction of travel
 * for each one behind. At most `limit` indices, all inside the stack.
 */
export function prefetchOrder(current: number, length: number, direction: 1 | -1, limit: number): number[] {
  const order: number[] = [];
  for (let step = 1; order.length < limit && step <= length; step += 1) {
    for (const offset of [2 * step - 1, 2 * step, -step]) {
      const index = current + direction * offset;
      if (index >= 0 && index < length && order.length < limit && !order.includes(index)) order.push(index);
    }
  }
  return order;
}
