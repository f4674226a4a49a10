/** What Cornerstone's tools compute for a measurement; which fields are there depends on the tool. */
export interface MeasurementStats {
  length?: number | null;
  unit?: string | null;
  angle?: number | string | null;
  area?: number | null;
  areaUnit?: string | null;
  mean?: number | null;
  stdDev?: number | null;
  min?: number | null;
  max?: number | null;
  /** Of a point: column, row and image. */
  index?: (ArrayLike<number> & Iterable<number>) | null;
  /** At one point; of a colour image several. */
  value?: number | readonly number[] | null;
  modalityUnit?: string | null;
}

function format(value: number, digits: number, language: string): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Units as people write them: `HU` stays, `raw` and an unknown one are left out. */
function unitText(unit: string | null | undefined): string {
  return !unit || unit === 'raw' ? '' : ` ${unit.replace('\u00b2', '²')}`;
}

/** The lines at a measurement: "48.6 mm", "37.2°", or mean ± SD in the image's unit above the area. */
export function measurementLines(stats: MeasurementStats | undefined, language: string): string[] | undefined {
  if (!stats) return undefined;
  if (isNumber(stats.length)) return [`${format(stats.length, 1, language)}${unitText(stats.unit)}`];
  if (isNumber(stats.angle)) return [`${format(stats.angle, 1, language)}°`];
  if (isNumber(stats.value)) return [`${format(stats.value, Number.isInteger(stats.value) ? 0 : 1, language)}${unitText(stats.modalityUnit)}`];
  if (Array.isArray(stats.value)) return [stats.value.join(' · ')];
  const lines: string[] = [];
  if (isNumber(stats.mean) && isNumber(stats.stdDev)) {
    const digits = Math.abs(stats.mean) < 10 ? 1 : 0;
    const both = `${format(stats.mean, digits, language)} ± ${format(stats.stdDev, digits, language)}`;
    lines.push(`${both}${unitText(stats.modalityUnit)}`);
  }
  if (isNumber(stats.area)) lines.push(areaText(stats.area, stats.areaUnit, language));
  return lines.length ? lines : undefined;
}

function areaText(area: number, unit: string | null | undefined, language: string): string {
  const large = unit?.startsWith('mm') && area >= 100;
  return large ? `${format(area / 100, 1, language)} cm²` : `${format(area, 1, language)}${unitText(unit)}`;
}
