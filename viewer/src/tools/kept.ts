/** Measurements that a signed-in professional finds again: read when the engine starts, sent some moments after each change. */
import { cookie } from '../app/session';
import { request } from '../dicomweb/client';
import type { MeasurementStats } from './measurement-text';
import { plainStats } from './measurement-text';

export interface KeptValue {
  name: 'length' | 'angle' | 'mean' | 'deviation' | 'minimum' | 'maximum' | 'area' | 'value';
  number: number;
  unit: string;
}

/** One measurement as the portal keeps it; points in patient coordinates, `image` the same as column and row. */
export interface KeptItem {
  tool: string;
  series: string;
  instance: string;
  frame: number;
  points: number[][];
  image: number[][];
  normal?: number[];
  up?: number[];
  values: KeptValue[];
  text?: string;
}

/** What Cornerstone computed, as named numbers. */
export function valuesOf(stats: MeasurementStats | undefined): KeptValue[] {
  const { length, unit, angle, mean, stdDev, min, max, modalityUnit, area, areaUnit, value } = plainStats(stats ?? {});
  const all: [KeptValue['name'], unknown, string | null | undefined][] = [
    ['length', length, unit], ['angle', angle, '°'], ['mean', mean, modalityUnit], ['deviation', stdDev, modalityUnit],
    ['minimum', min, modalityUnit], ['maximum', max, modalityUnit], ['area', area, areaUnit],
    ...[value ?? []].flat().map((one): [KeptValue['name'], unknown, string | null | undefined] => ['value', one, modalityUnit]), // several of a colour
  ];
  return all.flatMap(([name, number, of]) => (typeof number === 'number' && Number.isFinite(number)
    ? [{ name, number, unit: of?.slice(0, 16) ?? '' }] : []));
}

/** The same the other way, for the words at a measurement whose image has not been on screen yet. */
export function statsOf(values: readonly KeptValue[]): MeasurementStats {
  const find = (name: KeptValue['name']) => values.find((value) => value.name === name);
  const [length, mean, area] = [find('length'), find('mean'), find('area')];
  const points = values.filter(({ name }) => name === 'value');
  return {
    length: length?.number ?? null, unit: length?.unit ?? null, angle: find('angle')?.number ?? null, mean: mean?.number ?? null,
    stdDev: find('deviation')?.number ?? null, min: find('minimum')?.number ?? null, max: find('maximum')?.number ?? null, modalityUnit: (mean ?? points[0])?.unit ?? null, area: area?.number ?? null,
    areaUnit: area?.unit ?? null, value: points.length > 1 ? points.map(({ number }) => number) : (points[0]?.number ?? null),
  };
}

const PAUSE_MS = 700;

/** Names a measurement by where it is: one that was moved is another one. */
function named({ tool, instance, frame, points }: KeptItem): string {
  return JSON.stringify([tool, instance, frame, points]);
}

/**
 * The portal's side of it. Nothing is sent before what was kept has been read, so that nothing is overwritten unseen; and what
 * another window of the same person kept meanwhile is kept on, since a whole list is sent.
 */
export class Kept {
  private timer = 0;
  /** What was last read or sent, null before. */
  private known: string | null = null;
  /** Names of all that this window ever read or sent: the portal's others are another window's. */
  private readonly own = new Set<string>();
  private others: KeptItem[] = [];
  private waiting: (() => readonly KeptItem[]) | null = null;
  private sending: Promise<void> = Promise.resolve();

  constructor(readonly url: string, private readonly failed: () => void) {
    window.addEventListener('pagehide', () => void this.flush(true));
  }

  /** What was kept. Rejects with RequestFailure. */
  async read(): Promise<KeptItem[]> {
    const items = await this.list();
    this.known = JSON.stringify(items);
    for (const one of items) this.own.add(named(one));
    return items;
  }

  private async list(): Promise<KeptItem[]> {
    return (await (await request(this.url)).json()) as KeptItem[];
  }

  /** Send what `items` gives once the person has paused. */
  later(items: () => readonly KeptItem[]): void {
    if (this.known === null) return;
    this.waiting = items;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Send now what waits; `leaving` a page there is no time to ask first. */
  flush(leaving = false): Promise<void> {
    window.clearTimeout(this.timer);
    const items = this.waiting?.();
    const told = items && JSON.stringify(items);
    this.waiting = null;
    if (items && told !== this.known) {
      this.known = told ?? null;
      this.sending = this.sending.then(() => this.send(items, leaving));
    }
    return this.sending;
  }

  private async send(items: readonly KeptItem[], leaving: boolean): Promise<void> {
    try {
      for (const one of items) this.own.add(named(one));
      if (!leaving) this.others = (await this.list()).filter((one) => !this.own.has(named(one)));
      const body = JSON.stringify([...items, ...this.others]);
      await request(this.url, {
        method: 'POST', body, keepalive: body.length < 60_000,
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': cookie('csrftoken') },
      });
    } catch {
      this.known = ''; // not kept: the next change sends all of it again
      this.failed();
    }
  }
}
