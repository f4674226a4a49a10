/** Every element of the data set of the image on screen, by name, number and value. Loaded when it is asked for. */
import type { Viewer } from '../app/viewer';
import type { DicomJson } from '../dicomweb/client';
import names from '../dicomweb/tag-names.json';
import type { Translate } from '../i18n';
import { h } from './dom';
import { Sheet } from './sheet';

const NAMES = names as Record<string, string>;
const LONGEST = 200;
/** More rows than this are not drawn at once: an enhanced image has tens of thousands. */
const MOST = 400;

export interface TagRow {
  tag: string;
  name: string;
  vr: string;
  value: string;
  depth: number;
}

/** The rows of a data set in the order of its tags, items of sequences below their sequence. */
export function rowsOf(set: DicomJson, bytes: string, depth = 0): TagRow[] {
  return Object.keys(set).sort().flatMap((tag) => {
    const element = set[tag];
    if (!element) return [];
    const row = { tag: `(${tag.slice(0, 4)},${tag.slice(4)})`, name: NAMES[tag] ?? '', vr: element.vr ?? '', depth };
    if (element.vr === 'SQ') {
      const items = (element.Value ?? []) as DicomJson[];
      return [{ ...row, value: `× ${items.length}` }, ...items.flatMap((item) => rowsOf(item, bytes, depth + 1))];
    }
    const binary = element.BulkDataURI !== undefined || element.InlineBinary !== undefined;
    return [{ ...row, value: binary ? bytes : valueText(element.Value ?? []) }];
  });
}

function valueText(values: readonly unknown[]): string {
  const texts = values.map((value) =>
    (value && typeof value === 'object' ? Object.values(value).filter((part) => typeof part === 'string').join(' = ') : String(value ?? '')));
  const whole = texts.join(' \\ ');
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
}

/** Rows in which every word of `query` occurs, in number, name or value. */
export function found(rows: readonly TagRow[], query: string): TagRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ tag, name, value }) => {
    const text = `${tag} ${tag.replace(/[(),]/g, '')} ${name} ${value}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function openTagBrowser(viewer: Viewer): void {
  const { t } = viewer;
  const { pane } = viewer.active;
  const set = pane.environment.metadata.set(pane.stack[pane.shownIndex]);
  const sheet = new Sheet(t, t('actionTags'), 'pv-sheet--wide');
  if (!set) sheet.body.append(h('p', {}, t('tagsNone')));
  else sheet.body.append(...table(rowsOf(set, t('tagsBytes')), t));
  sheet.open(document.body);
}

function table(rows: readonly TagRow[], t: Translate): HTMLElement[] {
  const body = h('tbody', {});
  const more = h('p', { class: 'p-muted', role: 'status' });
  const show = (query: string): void => {
    const matching = found(rows, query);
    body.replaceChildren(...matching.slice(0, MOST).map((row) => h('tr', {},
      h('td', {}, '› '.repeat(row.depth), row.tag), h('td', {}, row.vr), h('th', { scope: 'row' }, row.name), h('td', {}, row.value))));
    more.textContent = matching.length > MOST ? t('tagsMany', { count: matching.length - MOST }) : '';
  };
  const search = h('input', { type: 'search', class: 'pv-field', 'aria-label': t('tagsFind'), placeholder: t('tagsFind'), autofocus: true, oninput: () => show(search.value) });
  show('');
  return [search, h('table', { class: 'pv-tags' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('tagNumber')), h('th', { scope: 'col' }, 'VR'),
      h('th', { scope: 'col' }, t('tagName')), h('th', { scope: 'col' }, t('tagValue')))), body), more];
}
