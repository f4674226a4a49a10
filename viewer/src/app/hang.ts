import { hanging, isProjection, type Picture } from '../core/hanging';
import type { PaneEnvironment } from '../core/pane';
import { buildStack } from '../core/stack';
import type { SeriesInfo } from './context';
import type { Viewer } from './viewer';

/** More projections than this are not hung: reading them all would keep the person waiting. */
const MOST = 12;

/** Every image of these series with what its file says of side and view. */
export async function readPictures({ metadata }: Pick<PaneEnvironment, 'metadata'>, all: readonly SeriesInfo[]): Promise<Picture[]> {
  await Promise.all(all.slice(0, MOST).map((series) => metadata.load(series)));
  return all.slice(0, MOST).flatMap((series) => buildStack(series).flatMap((image, index) => {
    const attributes = metadata.of(image);
    return attributes ? [{ series, index, attributes }] : [];
  }));
}

/** Hang the projections of the study as its modality is read. What cannot be read stays as it is. */
export async function hangStudy(viewer: Viewer): Promise<void> {
  const projections = viewer.series.filter(isProjection);
  if (viewer.context.look !== 'full' || projections.reduce((sum, { count }) => sum + count, 0) < 2) return;
  const { pane } = viewer.active;
  const shown = pane.series;
  try {
    const found = hanging(await readPictures(pane.environment, projections));
    // whoever chose something meanwhile keeps it
    if (found && viewer.layout === '1x1' && pane.series === shown) viewer.arrange(found.layout, found.panes);
  } catch {
    // the pane tells what does not come
  }
}
