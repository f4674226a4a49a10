import type { ImageRef } from '../core/stack';
import type { Window } from '../core/window';

/** One data set in the DICOM JSON Model (PS3.18 F.2), by tag. */
export type DicomJson = Record<string, { vr?: string; Value?: unknown[]; BulkDataURI?: string; InlineBinary?: string } | undefined>;

export type FailureKind = 'offline' | 'session' | 'gone' | 'server';

/** Why a request did not give what it should, in the terms in which a person is told. */
export class RequestFailure extends Error {
  constructor(readonly kind: FailureKind, readonly status = 0) {
    super(`${kind} (${status})`);
  }
}

/** The kind of failure behind an HTTP status; a redirect to the sign-in page counts as an ended session. */
export function failureKind(status: number, redirected = false): FailureKind {
  if (redirected || status === 401 || status === 403) return 'session';
  if (status === 404 || status === 410) return 'gone';
  return status === 0 ? 'offline' : 'server';
}

/** Media type of frames that need no decoder. */
export const PLAIN = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1';

/** The content of a multipart answer's only part; other answers as they are. */
export function onlyPart(bytes: Uint8Array, contentType: string): Uint8Array {
  if (!contentType.startsWith('multipart/')) return bytes;
  const boundary = /boundary="?([^";]+)/.exec(contentType)?.[1] ?? '';
  const start = bytes.findIndex((_, at) => bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) + 4;
  const tail = new TextDecoder('latin1').decode(bytes.subarray(Math.max(start, bytes.length - boundary.length - 16)));
  const end = tail.lastIndexOf(`\r\n--${boundary}`);
  return bytes.subarray(start, end < 0 ? bytes.length : bytes.length - tail.length + end);
}

export interface RenderOptions {
  window?: Window | null;
  /** Longest sides wanted, in device pixels. */
  viewport?: [number, number];
  quality?: number;
}

/** Names an instance: what every address of it is made of. */
export type InstanceRef = Pick<ImageRef, 'studyUid' | 'seriesUid' | 'instanceUid'>;

/** The viewer's side of DICOMweb (PS3.18 section 10). */
export class DicomWeb {
  private begun: { url: string; answer: Promise<ArrayBuffer> } | null = null;

  constructor(readonly root: string) {}

  private instance({ studyUid, seriesUid, instanceUid }: InstanceRef): string {
    return `${this.root}/studies/${studyUid}/series/${seriesUid}/instances/${instanceUid}`;
  }

  /** WADO-RS frame: the stored bytes of one image. Absolute, since workers and loaders resolve it elsewhere. */
  frameUrl(image: InstanceRef & { frame: number }): string {
    const path = `${this.instance(image)}/frames/${image.frame}`;
    return new URL(path, document.baseURI).href;
  }

  /**
   * The multipart answer that holds a frame's stored bytes.
   * @throws RequestFailure
   */
  async frame(image: ImageRef): Promise<ArrayBuffer> {
    const [url, { begun }] = [this.frameUrl(image), this];
    if (begun?.url === url) {
      this.begun = null;
      return begun.answer;
    }
    const headers = { Accept: 'multipart/related; type="application/octet-stream"; transfer-syntax=*' };
    return (await request(url, { headers })).arrayBuffer();
  }

  /** Ask for a frame before its place on the page is there: who asks for it next gets this answer, or its failure. */
  begin(image: ImageRef): void {
    const answer = this.frame(image);
    answer.catch(() => undefined);
    this.begun = { url: this.frameUrl(image), answer };
  }

  /**
   * The samples of a frame, decoded by the server where it is compressed, little endian.
   * @throws RequestFailure
   */
  async plainFrame(image: ImageRef): Promise<Uint8Array> {
    const response = await request(this.frameUrl(image), { headers: { Accept: PLAIN } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return onlyPart(bytes, response.headers.get('content-type') ?? '');
  }

  /** Rendered by the server, with `window`, `viewport` and `quality` of PS3.18 8.3.5. */
  renderedUrl(image: ImageRef, { window, viewport, quality }: RenderOptions = {}): string {
    const query = [
      window ? `window=${round(window.center)},${round(window.width)},linear` : '',
      viewport ? `viewport=${viewport[0]},${viewport[1]}` : '',
      quality ? `quality=${quality}` : '',
    ].filter(Boolean);
    const path = `${this.instance(image)}/frames/${image.frame}/rendered`;
    return query.length ? `${path}?${query.join('&')}` : path;
  }

  /** The rendered form of a whole instance: a PDF, a page for an SR, a video, a drawing for an ECG. */
  documentUrl(instance: InstanceRef): string {
    return `${this.instance(instance)}/rendered`;
  }

  /**
   * WADO-RS metadata of a series, by SOP Instance UID.
   * @throws RequestFailure
   */
  async seriesMetadata(studyUid: string, seriesUid: string): Promise<Map<string, DicomJson>> {
    const url = `${this.root}/studies/${studyUid}/series/${seriesUid}/metadata`;
    const response = await request(url, { headers: { Accept: 'application/dicom+json' } });
    const sets = (await response.json()) as DicomJson[];
    return new Map(sets.map((set) => [text(set, '00080018'), set]));
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/**
 * `fetch` that fails in the viewer's own terms.
 * @throws RequestFailure
 */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init });
  } catch {
    throw new RequestFailure('offline');
  }
  const page = (response.headers.get('content-type') ?? '').startsWith('text/html');
  if (!response.ok || (response.redirected && page)) {
    throw new RequestFailure(failureKind(response.status, response.redirected && page), response.status);
  }
  return response;
}

/** First value of an element as text, '' where there is none. Names give their alphabetic form. */
export function text(set: DicomJson, tag: string): string {
  const value = set[tag]?.Value?.[0];
  if (value && typeof value === 'object' && 'Alphabetic' in value) return String(value.Alphabetic);
  return value === undefined || value === null ? '' : String(value);
}

/** All values of an element as numbers; what is not a number is left out. */
export function numbers(set: DicomJson, tag: string): number[] {
  return (set[tag]?.Value ?? []).map(Number).filter((value) => Number.isFinite(value));
}

/** Items of a sequence. */
export function items(set: DicomJson | undefined, tag: string): DicomJson[] {
  return (set?.[tag]?.Value ?? []) as DicomJson[];
}
