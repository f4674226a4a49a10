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

/** One image that somebody chose, by the UIDs of its series and its own; frames count from 1. */
export interface KeyPlace {
  series: string;
  instance: string;
  frame: number;
}

export interface SeriesInfo {
  uid: string;
  /** UID of the study it belongs to. */
  study: string;
  number: number;
  description: string;
  modality: string;
  kind: SeriesKind;
  family: SeriesFamily;
  /** Of a key object selection: the images that somebody chose. */
  key_images: KeyPlace[];
  count: number;
  thumbnail_url: string;
  instances: InstanceInfo[];
  body_part: string;
  /** Computed here from a volume: no server has it. */
  made: boolean;
}

/** A study as the viewer's own small door describes it. */
export interface StudyInfo {
  uid: string;
  description: string;
  date: string;
  /** As people say it: "yesterday, 10:40". */
  date_text: string;
  /** With its year, for what is compared by its date. */
  dated: string;
  accession_number: string;
  modalities: string[];
  /** Whether the person may take images along: without it nothing is saved or printed here either. */
  may_download: boolean;
}

/** An earlier study of the same patient that this person may see, nearest in kind first. */
export interface PriorInfo {
  uid: string;
  description: string;
  date_text: string;
  modalities: string[];
  /** Where its series are described: `{study, series}`. */
  url: string;
}

export interface OpenStudy {
  study: StudyInfo;
  series: SeriesInfo[];
}

export interface ReportInfo {
  status: string;
  status_text: string;
  signed_text: string;
  /** Heading, empty before the first one, and text of each part; none where the report came as a PDF. */
  sections: readonly (readonly [string, string])[];
  pdf_url: string;
  /** Where the portal is told that its words were shown. */
  read_url?: string;
}

export interface ViewerContext {
  language: Language;
  look: Look;
  /** Root of the DICOMweb door, without a slash at the end. */
  dicomweb: string;
  study: StudyInfo;
  patient: { name: string; birth_date: string; age_text: string; sex: string; patient_id: string };
  institution: string;
  back_url: string | null;
  report: ReportInfo | null;
  report_reason: string;
  alive_url: string | null;
  /** Where a professional's measurements are kept; null for whoever has no such place. */
  measurements_url: string | null;
  series: SeriesInfo[];
  priors: PriorInfo[];
  /** The same study in OHIF, where this person may use it. */
  ohif_url: string | null;
}

const LANGUAGES: readonly Language[] = ['es', 'en', 'it', 'pt'];

/** The language of the dictionary for a page language such as `es-DO`; Spanish where there is none. */
export function languageOf(tag: string | undefined): Language {
  const short = (tag ?? '').slice(0, 2).toLowerCase();
  return LANGUAGES.find((language) => language === short) ?? 'es';
}

/** Series as a page or the door of an earlier study gives them, with what every part of the viewer relies on. */
export function completeSeries(series: readonly Partial<SeriesInfo>[], study: string): SeriesInfo[] {
  return series.map((one) => ({
    ...(one as SeriesInfo), study, made: false, family: one.family ?? '', key_images: one.key_images ?? [], body_part: one.body_part ?? '',
  }));
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
    series: completeSeries(context.series, context.study.uid),
    study: { ...context.study, may_download: context.study.may_download ?? false },
    priors: context.priors ?? [],
    ohif_url: context.ohif_url ?? null,
    report: context.report ?? null,
    measurements_url: context.measurements_url ?? null,
    report_reason: context.report_reason ?? '',
  };
}
