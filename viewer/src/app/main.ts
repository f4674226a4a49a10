/** Entry of the viewer's page: reads the context, takes over the first picture, builds the look. */
import '../styles/fonts.css';
import '../styles/room.css';
import '../styles/objects.css';
import '../styles/full.css';
import { listenToKeys } from '../ui/keyboard';
import { FullLook } from '../ui/look-full';
import { SimpleLook } from '../ui/look-simple';
import { firstSeries, isLocalizer } from '../core/hanging';
import { readContext, type SeriesInfo } from './context';
import { hangStudy } from './hang';
import { exposeTestSurface } from './test-surface';
import { Viewer } from './viewer';

/** The series and image that the page's first picture shows, by the UIDs in its address. */
function pictured(viewer: Viewer, picture: HTMLImageElement): { series: SeriesInfo; index: number } | null {
  const path = new URL(picture.src).pathname;
  const series = viewer.series.find(({ uid }) => path.includes(`/series/${uid}/`));
  const position = series?.instances.findIndex(({ uid }) => path.includes(`/instances/${uid}/`)) ?? -1;
  if (!series || position < 0) return null;
  const before = series.instances.slice(0, position).reduce((sum, { frames }) => sum + Math.max(1, frames), 0);
  const frame = Number(/\/frames\/(\d+)\//.exec(path)?.[1] ?? 1);
  return { series, index: before + frame - 1 };
}

/** What the viewer opens with, and whether that is the page's own picture. */
function firstImage(viewer: Viewer, picture: HTMLImageElement | null): { series: SeriesInfo; index?: number } | null {
  const found = picture?.src ? pictured(viewer, picture) : null;
  const first = firstSeries(viewer.series);
  // a scout is no picture to begin with, whatever the page chose
  if (found && !(isLocalizer(found.series) && first !== found.series)) return found;
  return first ? { series: first } : null;
}

function openFirst(viewer: Viewer, { series, index }: { series: SeriesInfo; index?: number }, picture: HTMLImageElement | null): void {
  const { pane } = viewer.active;
  const own = index === undefined ? null : picture;
  if (own) pane.jpeg.expect(own);
  viewer.open(series, index);
  if (own?.complete && own.naturalWidth) pane.adopt(own);
}

function start(): void {
  const host = document.getElementById('viewer');
  if (!host) throw new Error('The page has no #viewer');
  const picture = document.getElementById('first-image') as HTMLImageElement | null;
  const viewer = new Viewer(readContext(document));
  const first = firstImage(viewer, picture);
  if (first?.index !== undefined) viewer.engine.begin(first.series, first.index);
  if (viewer.context.look === 'full') new FullLook(viewer, host);
  else new SimpleLook(viewer, host);
  exposeTestSurface(viewer);
  listenToKeys({
    tool: (tool) => viewer.select(tool),
    action: (action) => viewer.act(action),
    pan: (dx, dy) => viewer.pan(dx, dy),
    window: (dx, dy) => viewer.adjustWindow(dx, dy),
  });
  if (first) openFirst(viewer, first, picture);
  void hangStudy(viewer);
  if (!viewer.series.length) picture?.remove();
  // Where the picture was not taken over it stays behind the panes until one of them shows something.
  const end = viewer.active.pane.on('shown', () => {
    end();
    if (picture?.id === 'first-image') picture.remove();
  });
}

start();
