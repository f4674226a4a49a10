/** What only the viewer inside the ZIP says; everything else it says in the words of the portal's viewer. */
import type { Language } from '../src/app/context';
import { translator, type MessageKey, type Translate } from '../src/i18n';

const EN = {
  language: 'Language',
  jpegOnly: 'JPEG picture',
  jpegOnlyHelp: 'Some images are here as JPEG pictures only: their brightness cannot be changed. The original is in the folder DICOM.',
  missingTitle: 'The image could not be shown',
  missing: 'Its file is not where it should be. Unpack the whole ZIP file into a folder, and open INDEX.HTM there.',
  folder: 'In this folder',
  notDiagnosis: 'For looking at the images. A diagnosis is made with a medical viewer.',
  signedBy: 'Signed by {name}',
  statusPreliminary: 'Preliminary',
  statusFinal: 'Signed',
  statusAmended: 'Corrected',
  reportNumber: 'Report {number}',
};
type OwnKey = keyof typeof EN;

export const OWN: Record<Language, Record<OwnKey, string>> = {
  en: EN,
  es: {
    language: 'Idioma',
    jpegOnly: 'Imagen JPEG',
    jpegOnlyHelp: 'Algunas imágenes están aquí solo como JPEG: no se puede cambiar su brillo. El original está en la carpeta DICOM.',
    missingTitle: 'No se pudo mostrar la imagen',
    missing: 'Su archivo no está donde debería. Descomprima el ZIP entero en una carpeta y abra allí INDEX.HTM.',
    folder: 'En esta carpeta',
    notDiagnosis: 'Para ver las imágenes. El diagnóstico se hace con un visor médico.',
    signedBy: 'Firmado por {name}',
    statusPreliminary: 'Preliminar',
    statusFinal: 'Firmado',
    statusAmended: 'Corregido',
    reportNumber: 'Informe {number}',
  },
  it: {
    language: 'Lingua',
    jpegOnly: 'Immagine JPEG',
    jpegOnlyHelp: 'Alcune immagini sono qui solo come JPEG: la luminosità non si può cambiare. L’originale è nella cartella DICOM.',
    missingTitle: 'Non è stato possibile mostrare l’immagine',
    missing: 'Il file non è al suo posto. Estragga l’intero ZIP in una cartella e apra lì INDEX.HTM.',
    folder: 'In questa cartella',
    notDiagnosis: 'Per guardare le immagini. La diagnosi si fa con un visualizzatore medico.',
    signedBy: 'Firmato da {name}',
    statusPreliminary: 'Preliminare',
    statusFinal: 'Firmato',
    statusAmended: 'Corretto',
    reportNumber: 'Referto {number}',
  },
  pt: {
    language: 'Idioma',
    jpegOnly: 'Imagem JPEG',
    jpegOnlyHelp: 'Algumas imagens estão aqui apenas como JPEG: não é possível mudar o brilho. O original está na pasta DICOM.',
    missingTitle: 'Não foi possível mostrar a imagem',
    missing: 'O arquivo não está onde deveria. Descompacte o ZIP inteiro em uma pasta e abra lá o INDEX.HTM.',
    folder: 'Nesta pasta',
    notDiagnosis: 'Para ver as imagens. O diagnóstico é feito com um visualizador médico.',
    signedBy: 'Assinado por {name}',
    statusPreliminary: 'Preliminar',
    statusFinal: 'Assinado',
    statusAmended: 'Corrigido',
    reportNumber: 'Laudo {number}',
  },
};

export const LANGUAGES: readonly [Language, string][] = [['es', 'Español'], ['en', 'English'], ['it', 'Italiano'], ['pt', 'Português']];

/** Says what both viewers say, and what only this one does. */
export type Say = (key: MessageKey | OwnKey, values?: Record<string, string | number>) => string;

export interface Words {
  language: Language;
  say: Say;
  /** For the parts that both viewers share. */
  t: Translate;
}

export function wordsOf(language: Language): Words {
  const t = translator(language);
  const own = OWN[language];
  const say: Say = (key, values = {}) => (key in own
    ? own[key as OwnKey].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
    : t(key as MessageKey, values));
  return { language, say, t };
}

/** The first language of the browser that we speak; else that of the ZIP. */
export function spoken(wanted: readonly string[], otherwise: Language): Language {
  const short = wanted.map((tag) => tag.slice(0, 2).toLowerCase());
  return LANGUAGES.map(([code]) => code).sort((one, other) => rank(short, one) - rank(short, other))
    .find((code) => short.includes(code)) ?? otherwise;
}

function rank(wanted: readonly string[], code: string): number {
  const at = wanted.indexOf(code);
  return at < 0 ? wanted.length : at;
}

/** "21 Oct 2025, 9:05", as the portal says it, of the institution's `2025-10-21T09:05`. */
export function said(local: string, language: Language): string {
  const month = new Intl.DateTimeFormat(language, { month: 'short', timeZone: 'UTC' }).format(new Date(`${local}Z`)).slice(0, 3); // "sept", "out."
  return `${Number(local.slice(8, 10))} ${month} ${local.slice(0, 4)}, ${Number(local.slice(11, 13))}${local.slice(13)}`;
}
