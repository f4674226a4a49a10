import { items, numbers, request, text, type DicomJson } from './client';

const TABLES = ['00281201', '00281202', '00281203'] as const;
const SEGMENTS = ['00281221', '00281222', '00281223'] as const;
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
 * The data set with its tables (palette, Modality LUT, VOI LUT) as values. DICOM JSON has them as bytes or as a place to
 * fetch them from. Sets without tables come back unchanged.
 * @param root of the DICOMweb door; the bulk data's own host is not trusted.
 * @throws RequestFailure
 */
export async function withTables(set: DicomJson, root: string): Promise<DicomJson> {
  return withLuts(await withPalette(set, root), root);
}

/** Grey tables: the first item of each sequence is the one that is used (C.11.1, C.11.2). */
async function withLuts(set: DicomJson, root: string): Promise<DicomJson> {
  let complete = set;
  for (const tag of ['00283000', '00283010']) {
    const [item] = items(set, tag);
    const data = item?.['00283006'];
    if (!item || !data || data.Value) continue;
    const bytes = await bytesOf(data, root);
    if (bytes) complete = { ...complete, [tag]: { vr: 'SQ', Value: [{ ...item, '00283006': { vr: 'US', Value: tableValues(bytes, entriesOf(item, '00283002')) } }] } };
  }
  return complete;
}

async function withPalette(set: DicomJson, root: string): Promise<DicomJson> {
  if (text(set, '00280004') !== 'PALETTE COLOR' || items(set, '00281101').length === 0) return set;
  const complete = { ...set };
  await Promise.all(TABLES.map(async (tag, index) => {
    const element = set[tag];
    const segments = set[SEGMENTS[index] ?? ''];
    if (!element && segments) {
      const bytes = await bytesOf(segments, root);
      const values = bytes && expanded(tableValues(bytes, bytes.length >> 1), entriesOf(set, DESCRIPTORS[index] ?? ''));
      if (values) complete[tag] = { vr: 'US', Value: values };
    }
    if (!element || element.Value) return;
    const entries = entriesOf(set, DESCRIPTORS[index] ?? '');
    const bytes = await bytesOf(element, root);
    if (bytes) complete[tag] = { vr: 'US', Value: tableValues(bytes, entries) };
  }));
  return complete;
}

/**
 * A segmented palette as a plain one (C.7.9.2): runs of values (0), straight lines (1), and segments used once more (2).
 * @returns null where it makes no sense.
 */
export function expanded(words: readonly number[], entries: number): number[] | null {
  const out: number[] = [];
  const run = (from: number, limit: number, nested: boolean): boolean => {
    let at = from;
    for (let done = 0; done < limit && at + 2 <= words.length && out.length < entries; done += 1) {
      const [kind, length = 0, last = 0, high = 0] = words.slice(at, at + 4);
      const start = out[out.length - 1];
      if (kind === 0) out.push(...words.slice(at + 2, at + 2 + length));
      else if (kind === 1 && start !== undefined) {
        for (let step = 1; step <= length; step += 1) out.push(Math.round(start + ((last - start) * step) / length));
      } else if (kind !== 2 || nested || !run((last + high * 65_536) / 2, length, true)) return false;
      at += kind === 0 ? 2 + length : kind === 1 ? 3 : 4;
    }
    return true;
  };
  return run(0, Infinity, false) && out.length ? out.slice(0, entries) : null;
}

/** True for palette colour whose tables are not to be had as values; Cornerstone would never answer. */
export function lacksPalette(set: DicomJson): boolean {
  return text(set, '00280004') === 'PALETTE COLOR' && TABLES.some((tag) => !set[tag]?.Value);
}

/** True where a grey table is named and could not be had. */
export function lacksLut(set: DicomJson): boolean {
  return ['00283000', '00283010'].some((tag) => items(set, tag).length > 0 && !items(set, tag)[0]?.['00283006']?.Value);
}

/**
 * The bytes of a binary element, null where it holds none.
 * @throws RequestFailure
 */
export async function bytesOf(element: DicomJson[string], root: string): Promise<Uint8Array | null> {
  if (element?.InlineBinary) return fromBase64(element.InlineBinary);
  const uri = element?.BulkDataURI;
  const at = uri?.indexOf('/studies/') ?? -1;
  if (!uri || at < 0) return null;
  const response = await request(`${root}${uri.slice(at)}`, {
    headers: { Accept: 'multipart/related; type="application/octet-stream"' },
  });
  return bodyOf(new Uint8Array(await response.arrayBuffer()), response.headers.get('content-type') ?? '');
}
