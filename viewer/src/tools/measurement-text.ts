import type { Translate } from '../i18n';

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
  /** Among them `count` and `empty`: how many positions of a region hold a pixel, and how many none. */
  statsArray?: readonly { name: string; value: unknown }[];
}

function format(value: number, digits: number, language: string): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Units as people write them, of DICOM's terms and of Cornerstone's words for none. */
const WRITTEN: Record<string, string> = { raw: '', unitless: '', unknown: '', US: '', PCT: '%', MGML: 'mg/ml', GML: 'g/ml', BQML: 'Bq/ml' };

/**
 * Numbers in the units that the viewer speaks: millimetres also where ultrasound says centimetres, and no word of how an
 * image was calibrated.
 */
export function plainStats(stats: MeasurementStats): MeasurementStats {
  const plain = { ...stats };
  const bare = (unit: string | null | undefined) => unit?.split(' ')[0] ?? null;
  if ('unit' in stats) plain.unit = bare(stats.unit);
  if ('areaUnit' in stats) plain.areaUnit = bare(stats.areaUnit)?.replace('\u00b2', '²') ?? null;
  if (stats.modalityUnit) plain.modalityUnit = WRITTEN[stats.modalityUnit] ?? stats.modalityUnit;
  if (plain.unit === 'cm' && isNumber(plain.length)) [plain.unit, plain.length] = ['mm', plain.length * 10];
  if (plain.areaUnit === 'cm²' && isNumber(plain.area)) [plain.areaUnit, plain.area] = ['mm²', plain.area * 100];
  return plain;
}

function unitText(unit: string | null | undefined): string {
  return unit ? ` ${unit.replace('\u00b2', '²')}` : '';
}

/** The share of a region that holds no pixels, 0 to 1. */
function emptyShare({ statsArray = [] }: MeasurementStats): number {
  const [count, empty] = ['count', 'empty'].map((name) => Number(statsArray.find((one) => one.name === name)?.value ?? 0)) as [number, number];
  return empty ? empty / (count + empty) : 0;
}

/** The lines at a measurement: "48.6 mm", "37.2°", or of a region mean ± SD, extremes, area, and what of it holds no pixels. */
export function measurementLines(computed: MeasurementStats | undefined, t: Translate): string[] | undefined {
  if (!computed) return undefined;
  const [stats, language] = [plainStats(computed), t('locale')];
  if (isNumber(stats.length)) return [`${format(stats.length, 1, language)}${unitText(stats.unit)}`];
  if (isNumber(stats.angle)) return [`${format(stats.angle, 1, language)}°`];
  if (Number.isNaN(stats.value)) return [t('statNoPixel')];
  if (isNumber(stats.value)) return [`${format(stats.value, Number.isInteger(stats.value) ? 0 : 1, language)}${unitText(stats.modalityUnit)}`];
  if (Array.isArray(stats.value)) return [stats.value.join(' · ')];
  const lines: string[] = [];
  const [digits, unit] = [isNumber(stats.mean) && Math.abs(stats.mean) < 10 ? 1 : 0, unitText(stats.modalityUnit)];
  const number = (value: number) => format(value, digits, language);
  if (isNumber(stats.mean) && isNumber(stats.stdDev)) lines.push(`${number(stats.mean)} ± ${number(stats.stdDev)}${unit}`);
  if (isNumber(stats.min) && isNumber(stats.max)) lines.push(`${t('statRange', { min: number(stats.min), max: number(stats.max) })}${unit}`);
  if (isNumber(stats.area)) lines.push(areaText(stats.area, stats.areaUnit, language));
  const share = emptyShare(stats);
  if (share) lines.push(share === 1 ? t('statNoPixel') : t('statEmpty', { percent: Math.max(1, Math.min(99, Math.round(100 * share))) }));
  return lines.length ? lines : undefined;
}

function areaText(area: number, unit: string | null | undefined, language: string): string {
  const large = unit?.startsWith('mm') && area >= 100;
  return large ? `${format(area / 100, 1, language)} cm²` : `${format(area, 1, language)}${unitText(unit)}`;
}
