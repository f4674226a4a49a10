import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ImageRef } from '../core/stack';
import { attributesOf } from './attributes';
import { DicomWeb, failureKind, request } from './client';

const image: ImageRef = { made: false, studyUid: '1', seriesUid: '1.2', instanceUid: '1.2.3', frame: 2, frames: 5, rows: 1, columns: 1, transferSyntax: '' };
const web = new DicomWeb('/s/abc/dicomweb');

describe('rendered addresses', () => {
  it('name frame, window, viewport and quality', () => {
    expect(web.renderedUrl(image, { window: { center: 40.123, width: 400 }, viewport: [768, 768], quality: 80 })).toBe(
      '/s/abc/dicomweb/studies/1/series/1.2/instances/1.2.3/frames/2/rendered?window=40.12,400,linear&viewport=768,768&quality=80');
  });
  it('are those of the page’s first picture for an image without a window', () => {
    expect(web.renderedUrl({ ...image, frame: 1, frames: 1 }, { viewport: [768, 768], quality: 80 })).toBe(
      '/s/abc/dicomweb/studies/1/series/1.2/instances/1.2.3/frames/1/rendered?viewport=768,768&quality=80');
  });
});

describe('failures', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('are told apart by status', () => {
    expect([0, 401, 403, 404, 410, 500].map((status) => failureKind(status)))
      .toEqual(['offline', 'session', 'session', 'gone', 'gone', 'server']);
  });
  it('take a redirect to the sign-in page for an ended session', async () => {
    const page = { ok: true, redirected: true, status: 200, headers: new Headers({ 'content-type': 'text/html; charset=utf-8' }) };
    vi.stubGlobal('fetch', () => Promise.resolve(page));
    await expect(request('/x')).rejects.toMatchObject({ kind: 'session' });
  });
  it('take a dead connection for what it is', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    await expect(request('/x')).rejects.toMatchObject({ kind: 'offline' });
  });
});

describe('attributes', () => {
  const numbers = (...Value: unknown[]) => ({ Value });

  it('come from the data set of a classic image', () => {
    const set = {
      '00200037': numbers(1, 0, 0, 0, 1, 0), '00281050': numbers(40, 50), '00281051': numbers(400), '00180050': numbers('1.5'),
      '00280004': numbers('MONOCHROME2'), '00181063': numbers(40),
    };
    expect(attributesOf(set, 1)).toMatchObject({
      orientation: [1, 0, 0, 0, 1, 0], window: { center: 40, width: 400 }, sliceThickness: 1.5, color: false, frameRate: 25, lossy: false,
    });
  });
  it('come from the functional groups of an enhanced one, the frame’s own before the shared', () => {
    const groups = (thickness: number) => ({ '00289110': numbers({ '00180050': numbers(thickness) }) });
    const plane = { '00209116': numbers({ '00200037': numbers(0, 1, 0, 0, 0, -1) }) };
    const set = {
      '52009229': numbers({ ...groups(9), ...plane }), '52009230': numbers({}, groups(3)), '00280004': numbers('RGB'),
    };
    expect(attributesOf(set, 1)).toMatchObject({ sliceThickness: 9, orientation: [0, 1, 0, 0, 0, -1], color: true });
    expect(attributesOf(set, 2).sliceThickness).toBe(3);
  });
});
