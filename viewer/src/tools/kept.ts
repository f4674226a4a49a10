/** Measurements that a signed-in professional finds again: read when the engine starts, sent some moments after each change. */
import { cookie } from '../app/session';
import { request } from '../dicomweb/client';
import type { MeasurementStats } from './measurement-text';
import { plainStats } from './measurement-text';

export interface KeptValue {
  name: 'length' | 'angle' | 'mean' | 'deviation' | 'area' | 'value';
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
  const { length, unit, angle, mean, stdDev, modalityUnit, area, areaUnit, value } = plainStats(stats ?? {});
  const all: [KeptValue['name'], unknown, string | null | undefined][] = [
    ['length', length, unit], ['angle', angle, '°'], ['mean', mean, modalityUnit], ['deviation', stdDev, modalityUnit], ['area', area, areaUnit],
    ...[value ?? []].flat().map((one): [KeptValue['name'], unknown, string | null | undefined] => ['value', one, modalityUnit]), // several of a colour
  ];
  return all.flatMap(([name, number, of]) => (typeof number === 'number' && Number.isFinite(number)
    ? [{ name, number, unit: of === 'raw' || !of ? '' : of.slice(0, 16) }] : []));
}

/** The same the other way, for the words at a measurement whose image has not been on screen yet. */
export function statsOf(values: readonly KeptValue[]): MeasurementStats {
  const find = (name: KeptValue['name']) => values.find((value) => value.name === name);
  const [length, mean, area] = [find('length'), find('mean'), find('area')];
  const points = values.filter(({ name }) => name === 'value');
  return {
    length: length?.number ?? null, unit: length?.unit ?? null, angle: find('angle')?.number ?? null, mean: mean?.number ?? null,
    stdDev: find('deviation')?.number ?? null, modalityUnit: (mean ?? points[0])?.unit ?? null, area: area?.number ?? null,
    areaUnit: area?.unit ?? null, value: points.length > 1 ? points.map(({ number }) => number) : (points[0]?.number ?? null),
  };
}

const PAUSE_MS = 700;

/** The portal's side of it. Nothing is sent before what was kept has been read, so that nothing is overwritten unseen. */
export class Kept {
  private timer = 0;
  private known: string | null = null;
  private sending: Promise<void> = Promise.resolve();

  constructor(readonly url: string, private readonly failed: () => void) {
    window.addEventListener('pagehide', () => void this.flush());
  }

  private waiting: (() => readonly KeptItem[]) | null = null;

  /** What was kept. Rejects with RequestFailure. */
  async read(): Promise<KeptItem[]> {
    const items = (await (await request(this.url)).json()) as KeptItem[];
    this.known = JSON.stringify(items);
    return items;
  }

  /** Send what `items` gives once the person has paused. */
  later(items: () => readonly KeptItem[]): void {
    if (this.known === null) return;
    this.waiting = items;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Send now what waits. */
  flush(): Promise<void> {
    window.clearTimeout(this.timer);
    const body = this.waiting && JSON.stringify(this.waiting());
    this.waiting = null;
    if (body && body !== this.known) {
      this.known = body;
      this.sending = this.sending.then(() => this.send(body));
    }
    return this.sending;
  }

  private async send(body: string): Promise<void> {
    try {
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
