/** Cornerstone's statistics of a region over its pixels alone: positions that hold none (pixel padding) are counted apart. */
import { utilities } from '@cornerstonejs/tools';

const { BasicStatsCalculator: All } = utilities.math.BasicStatsCalculator;
let empty = 0;

/** What a region's tool is told of each position, then asked for; `empty` is one more statistic. */
export const overPixels = {
  statsCallback(sample: Parameters<typeof All.statsCallback>[0]): void {
    if (Number.isNaN(sample.value)) empty += 1;
    else All.statsCallback(sample);
  },
  getStatistics(...options: Parameters<typeof All.getStatistics>): ReturnType<typeof All.getStatistics> {
    const found = All.getStatistics(...options);
    found.array.push({ name: 'empty', value: empty, unit: null });
    empty = 0;
    return found;
  },
};
