/** What the page tells the viewer: the JSON in `<script id="viewer-context">`, written by the portal's viewer view. */

export type Look = 'simple' | 'full';
export type Language = 'es' | 'en' | 'it' | 'pt';
export type SeriesKind = 'image' | 'video' | 'ecg' | 'pdf' | 'sr' | 'presentation' | 'other';

/** What an object is that is no picture, film, trace or PDF; empty for those, whose kind says enough. */
export type SeriesFamily =
  | '' | 'report' | 'report_data' | 'key_images' | 'marks' | 'segmentation' | 'surface' | 'dose' | 'contours' | 'plan'
  | 'treatment' | 'waveform' | 'sound' | 'document' | 'model' | 'registration' | 'values' | 'spectrum' | 'measurements'
  | 'raw' | 'data';

export interface InstanceInfo {
  uid: string;
  number: number;
  frames: number;
  rows: number;
  columns: number;
  transfer_syntax: string;
}

export interface SeriesInfo {
  uid: string;
  number: number;
  description: string;
  modality: string;
  kind: SeriesKind;
  family: SeriesFamily;
  /** Of a key object selection: the images that somebody chose, by the UIDs of their series and their own. */
  key_images: { series: string; instance: string }[];
  count: number;
  thumbnail_url: string;
  instances: InstanceInfo[];
}

export interface ReportInfo {
  status: string;
  status_text: string;
  signed_text: string;
  text: string | null;
  pdf_url: string;
}

export interface ViewerContext {
  language: Language;
  look: Look;
  /** Root of the DICOMweb door, without a slash at the end. */
  dicomweb: string;
  study: {
    uid: string;
    description: string;
    date: string;
    date_text: string;
    accession_number: string;
    modalities: string[];
  };
  patient: { name: string; birth_date: string; age_text: string; sex: string; patient_id: string };
  institution: string;
  back_url: string | null;
  report: ReportInfo | null;
  report_reason: string;
  alive_url: string | null;
  /** Where a professional's measurements are kept; null for whoever has no such place. */
  measurements_url: string | null;
  series: SeriesInfo[];
}

const LANGUAGES: readonly Language[] = ['es', 'en', 'it', 'pt'];

/** The language of the dictionary for a page language such as `es-DO`; Spanish where there is none. */
export function languageOf(tag: string | undefined): Language {
  const short = (tag ?? '').slice(0, 2).toLowerCase();
  return LANGUAGES.find((language) => language === short) ?? 'es';
}

/**
 * Read and check the context of a page.
 * @throws Error where the element is missing or holds something else than a context.
 */
export function readContext(page: Document): ViewerContext {
  const text = page.getElementById('viewer-context')?.textContent;
  if (!text) throw new Error('The page has no viewer-context');
  const context = JSON.parse(text) as Partial<ViewerContext>;
  if (typeof context.dicomweb !== 'string' || !context.study?.uid || !Array.isArray(context.series)) {
    throw new Error('The viewer-context is not complete');
  }
  return {
    ...(context as ViewerContext),
    language: languageOf(context.language),
    look: context.look === 'full' ? 'full' : 'simple',
    dicomweb: context.dicomweb.replace(/\/$/, ''),
    series: context.series.map((one) => ({ ...one, family: one.family ?? '', key_images: one.key_images ?? [] })),
    report: context.report ?? null,
    measurements_url: context.measurements_url ?? null,
    report_reason: context.report_reason ?? '',
  };
}
