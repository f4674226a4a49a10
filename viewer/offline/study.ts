/** What `VIEWER/STUDY.JS` tells of the study in the ZIP; `domain/downloads/offline.py` writes it. */
import type { Language } from '../src/app/context';

/** Frames from 1, or 1 for all of an object. */
type Frames = 1 | number[];

/** An object that has pictures: name, instance number, frames; which of them have stored values, and which a JPEG. */
export type StudyObject = [name: string, number: number | null, frames: number, exact: Frames, drawn: Frames];

export interface StudySeries {
  id: string;
  title: string;
  modality: string;
  objects: StudyObject[];
}

export interface StudyReport {
  file: string;
  title: string;
  status: string;
  signed: string;
  text: string;
}

export interface Study {
  language: Language;
  institution: string;
  patient: string;
  title: string;
  /** Local to the institution, without a zone: `2026-11-12T10:40`. */
  date: string;
  series: StudySeries[];
  reports: StudyReport[];
}

/** One image: `key` names its script; `picture` is its JPEG, where there is one. */
export interface ImageFile {
  key: string;
  exact: boolean;
  picture: string | null;
}

/** The images of a series in order, objects of several frames unrolled; of some only frames taken here and there are drawn. */
export function stackOf(series: StudySeries): ImageFile[] {
  return series.objects.flatMap(([name, , frames, exact, drawn]) => {
    const has = (which: Frames, frame: number) => which === 1 || which.includes(frame);
    const every = Array.from({ length: frames }, (_, index) => index + 1);
    return every.filter((frame) => has(exact, frame) || has(drawn, frame)).map((frame) => {
      const key = `${series.id}/${name}${frames > 1 ? `/F${String(frame).padStart(5, '0')}` : ''}`;
      return { key, exact: has(exact, frame), picture: has(drawn, frame) ? `IHE_PDI/${key}.JPG` : null };
    });
  });
}
