/** How the panes stand: rows by columns. */
export type Layout = '1x1' | '1x2' | '2x1' | '2x2';

export const LAYOUTS: readonly Layout[] = ['1x1', '1x2', '2x1', '2x2'];

export function paneCount(layout: Layout): number {
  return Number(layout[0]) * Number(layout[2]);
}
