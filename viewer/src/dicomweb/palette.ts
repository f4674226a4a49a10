import { items, numbers, request, text, type DicomJson } from './client';

const TABLES = ['00281201', '00281202', '00281203'] as const;
const DESCRIPTORS = ['00281101', '00281102', '00281103'] as const;

/** Entries of a palette table (PS3.3 C.7.6.3.1.5): 0 stands for 65,536. */
function entriesOf(set: DicomJson, descriptor: string): number {
  return numbers(set, descriptor)[0] || 65_536;
}

function fromBase64(inline: string): Uint8Array {
  return Uint8Array.from(atob(inline), (character) => character.charCodeAt(0));
}

/** The first part's content of a multipart answer; other answers as they are. */
export function bodyOf(bytes: Uint8Array, contentType: string): Uint8Array {
  if (!contentType.startsWith('multipart/')) return bytes;
  for (let at = 0; at + 3 < bytes.length; at += 1) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return bytes.subarray(at + 4);
  }
  return bytes;
}

/** `entries` little-endian values of 16 bits, or of 8 where the table has no more bytes than entries. */
export function tableValues(bytes: Uint8Array, entries: number): number[] {
  if (bytes.length < 2 * entries) return Array.from(bytes.subarray(0, entries));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: entries }, (_, index) => view.getUint16(2 * index, true));
}

/**
 * The data set with its palette's tables as values. DICOM JSON has them as bytes or as a place to fetch them from, and
 * Cornerstone reads values only. Sets without a palette come back unchanged.
 * @param root of the DICOMweb door; the bulk data's own host is not trusted.
 * @throws RequestFailure
 */
export async function withPalette(set: DicomJson, root: string): Promise<DicomJson> {
  if (text(set, '00280004') !== 'PALETTE COLOR' || items(set, '00281101').length === 0) return set;
  const complete = { ...set };
  await Promise.all(TABLES.map(async (tag, index) => {
    const element = set[tag];
    if (!element || element.Value) return;
    const entries = entriesOf(set, DESCRIPTORS[index] ?? '');
    const bytes = element.InlineBinary ? fromBase64(element.InlineBinary) : await fetched(element.BulkDataURI, root);
    if (bytes) complete[tag] = { vr: 'US', Value: tableValues(bytes, entries) };
  }));
  return complete;
}

/** True for palette colour whose tables are not to be had as values (segmented ones); Cornerstone would never answer. */
export function lacksPalette(set: DicomJson): boolean {
  return text(set, '00280004') === 'PALETTE COLOR' && TABLES.some((tag) => !set[tag]?.Value);
}

async function fetched(uri: string | undefined, root: string): Promise<Uint8Array | null> {
  const at = uri?.indexOf('/studies/') ?? -1;
  if (!uri || at < 0) return null;
  const response = await request(`${root}${uri.slice(at)}`, {
    headers: { Accept: 'multipart/related; type="application/octet-stream"' },
  });
  return bodyOf(new Uint8Array(await response.arrayBuffer()), response.headers.get('content-type') ?? '');
}
