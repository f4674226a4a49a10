import { sameShare } from '../core/following';
import { counterpart, isProjection } from '../core/hanging';
import type { Layout } from '../core/layout';
import { request } from '../dicomweb/client';
import { viewableSeries } from '../ui/series-strip';
import { completeSeries, type OpenStudy, type PriorInfo, type SeriesInfo, type StudyInfo } from './context';
import { readPictures } from './hang';
import type { Arranged, Viewer } from './viewer';

/** The study of this page and the earlier ones that were opened beside it. */
export class Compare {
  /** The earlier study on screen. */
  shown: PriorInfo | null = null;
  private readonly studies: OpenStudy[];
  private before: { layout: Layout; scroll: boolean } | null = null;

  constructor(private readonly viewer: Viewer) {
    this.studies = [{ study: viewer.context.study, series: viewer.series }];
  }

  /** Series of every open study, this one's first. */
  get allSeries(): SeriesInfo[] {
    return this.studies.flatMap(({ series }) => series);
  }

  studyOf(series: SeriesInfo): StudyInfo {
    return (this.studies.find(({ study }) => study.uid === series.study) ?? (this.studies[0] as OpenStudy)).study;
  }

  /** What says on a pane which study it shows: nothing as long as there is only one. */
  label(series: SeriesInfo): { text: string; earlier: boolean } | null {
    if (this.studies.length < 2) return null;
    const study = this.studyOf(series);
    const earlier = study.uid !== this.viewer.context.study.uid;
    return { earlier, text: `${study.dated} · ${this.viewer.t(earlier ? 'compareEarlier' : 'compareCurrent')}` };
  }

  /** Open an earlier study beside what the active pane shows, scrolling together. */
  async show(prior: PriorInfo): Promise<void> {
    const { viewer } = this;
    if (viewer.mpr.state !== 'off') viewer.mpr.end();
    try {
      const opened = await this.load(prior);
      const current = viewer.series.find(({ uid }) => uid === viewer.active.pane.series?.uid) ?? viewer.series[0];
      const other = current && (await this.match(current, opened.series));
      if (!current || !other) return viewer.emit('notice', viewer.t('compareNoImages'));
      this.before ??= { layout: viewer.layout, scroll: viewer.links.scroll };
      this.shown = prior;
      const index = current.uid === viewer.active.pane.series?.uid ? viewer.active.pane.index : 0;
      viewer.arrange('1x2', [{ series: current, index }, { index: sameShare(index, current.count, other.series.count), ...other }]);
      viewer.links.scroll = true;
      viewer.emit('change', undefined);
    } catch {
      viewer.emit('notice', viewer.t('compareFailed'));
    }
  }

  /** Back to this study alone. */
  end(): void {
    const { viewer, before } = this;
    const series = viewer.panes.map(({ pane }) => pane).find((pane) => pane.series?.study === viewer.context.study.uid);
    this.shown = null;
    this.before = null;
    viewer.links.scroll = before?.scroll ?? false;
    viewer.arrange(before?.layout ?? '1x1', series?.series ? [{ series: series.series, index: series.index }] : [], true);
  }

  private async load(prior: PriorInfo): Promise<OpenStudy> {
    const known = this.studies.find(({ study }) => study.uid === prior.uid);
    if (known) return known;
    const told = (await (await request(prior.url)).json()) as OpenStudy;
    const opened = { study: told.study, series: viewableSeries(completeSeries(told.series, told.study.uid), this.viewer.context.look) };
    this.studies.push(opened);
    this.viewer.emit('study', opened);
    return opened;
  }

  /** The same projection of the same side, else the most similar series. */
  private async match(current: SeriesInfo, earlier: readonly SeriesInfo[]): Promise<(Omit<Arranged, 'index'> & { index?: number }) | null> {
    const { environment, stack, shownIndex } = this.viewer.active.pane;
    if (isProjection(current)) {
      const own = environment.metadata.of(stack[Math.max(0, shownIndex)]);
      const pictures = await readPictures(environment, earlier.filter(isProjection));
      const same = pictures.find(({ attributes }) => attributes.viewPosition === own?.viewPosition && attributes.laterality === own.laterality);
      if (same) return { series: same.series, index: same.index };
    }
    const series = counterpart(current, earlier);
    return series && { series };
  }
}
