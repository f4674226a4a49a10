// Fetches OHIF as its makers publish it into .cache/ohif/dist, once: `npm pack`, the pinned checksum, unpacked without
// what Placa does not serve. It is no dependency of package.json: npm would bring its source's hundred dependencies too.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const viewer = join(dirname(fileURLToPath(import.meta.url)), '..');
export const { version, integrity } = JSON.parse(readFileSync(join(viewer, 'package.json'), 'utf8')).ohif;
const home = join(viewer, '../.cache/ohif');
export const dist = join(home, 'dist');
const stamp = join(home, 'version');

// machine learning, microscopy and the public demo's service worker: 156 of 204 MB, and callers of a CDN
const LEFT_OUT = ['ort', 'dicom-microscopy-viewer', 'sw.js', 'init-service-worker.js', 'google.js', '*.map'];

function fetched(folder) {
  // the npm that runs this: the one beside node's own path may be a link that cannot find itself
  execFileSync('npm', ['pack', `@ohif/app@${version}`, '--silent', '--pack-destination', folder], { cwd: viewer });
  const file = join(folder, `ohif-app-${version}.tgz`);
  const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (found !== integrity) throw new Error(`@ohif/app ${version} is not the package that was pinned: ${found}`);
  return file;
}

function fetchOhif() {
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(join(home, 'fetch-'));
  try {
    const excluded = LEFT_OUT.map((name) => `--exclude=package/dist/${name}`);
    execFileSync('tar', ['-xzf', fetched(folder), '-C', folder, ...excluded, 'package/dist', 'package/LICENSE']);
    rmSync(dist, { recursive: true, force: true });
    renameSync(join(folder, 'package/dist'), dist);
    renameSync(join(folder, 'package/LICENSE'), join(dist, 'LICENSE'));
    writeFileSync(stamp, integrity);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== integrity) fetchOhif();
