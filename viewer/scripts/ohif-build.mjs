// Turns OHIF as its makers publish it into the files that the portal serves at /ohif/ (never committed): its root moves,
// its page and configuration are ours (viewer/ohif), text is kept as gzip alone. files.json tells the view what there is.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { dist } from './ohif-fetch.mjs';

const viewer = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(viewer, '../src/placa/interfaces/web/ohif/build');
const ROOT = '/ohif/';
const TYPES = {
  '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8', '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};
// what an old browser, a sign-in of its own or a home screen would want
const UNUSED = /^(es6-shim|polyfill|oidc-client)\.min\.js$|^(silent-refresh|index)\.html$|^app-config\.js$/;
const PUBLIC_PATH = '__webpack_require__.p = "/";';
const HASHED = /(^|\.)[0-9a-f]{16}\.(js|wasm|woff2)$/;
const GLUE = 'return new Function('; // embind of OpenJPEG writes code: its worker needs 'unsafe-eval', nothing else does

const read = (name) => readFileSync(join(dist, name));
const names = readdirSync(dist).filter((name) => extname(name) in TYPES && !UNUSED.test(name));
const app = names.find((name) => /^app\.bundle\.[0-9a-f]+\.js$/.test(name));
if (!app) throw new Error('OHIF has no app.bundle any more: look again at how it is built');

const files = new Map(names.map((name) => [name, read(name)]));
files.set('assets/favicon-32x32.png', read('assets/favicon-32x32.png'));
files.set('LICENSE.txt', read('LICENSE'));
files.set('app-config.js', readFileSync(join(viewer, 'ohif/app-config.js')));
files.set('index.html', Buffer.from(readFileSync(join(viewer, 'ohif/index.html'), 'utf8').replace('@APP@', app)));

const workers = [];
let moved = 0;
for (const [name, bytes] of files) {
  if (name.endsWith('.js') && bytes.includes(PUBLIC_PATH)) {
    files.set(name, Buffer.from(bytes.toString('utf8').replaceAll(PUBLIC_PATH, `__webpack_require__.p = "${ROOT}";`)));
    moved += 1;
    if (name !== app && bytes.includes(GLUE)) workers.push(name);
  }
  if (name.endsWith('.css')) {
    files.set(name, Buffer.from(bytes.toString('utf8').replaceAll('url(/', `url(${ROOT}`)));
  }
}
if (moved < 5 || workers.length !== 1) {
  throw new Error(`OHIF is built another way: ${moved} roots moved, workers that write code: ${workers.join(', ') || 'none'}`);
}

const fresh = `${target}.new`;
rmSync(fresh, { recursive: true, force: true });
mkdirSync(join(fresh, 'assets'), { recursive: true });
const known = {};
for (const [name, bytes] of files) {
  const small = /\.(js|css|wasm|svg|html|txt)$/.test(name) ? gzipSync(bytes, { level: 9 }) : null;
  writeFileSync(join(fresh, name), small ?? bytes);
  known[name] = {
    type: TYPES[extname(name)],
    etag: createHash('sha256').update(bytes).digest('hex').slice(0, 20),
    gzip: small !== null,
    immutable: HASHED.test(name),
    writes_code: workers.includes(name),
  };
}
writeFileSync(join(fresh, 'files.json'), JSON.stringify(known, null, 1));
rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);
