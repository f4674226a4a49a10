// Counts the bundle, in bytes of gzip, and holds it to its budget; the codecs, separate WebAssembly, do not count.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_FIRST = 300_000;
const BUDGET_ALL = 1_100_000;
const BUDGET_OFFLINE = 30_000; // of the viewer inside a ZIP

const out = new URL('../../src/placa/interfaces/web/ui/static/build/viewer/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', out), 'utf8'));
const size = (file) => {
  const bytes = readFileSync(new URL(file, out));
  return /\.(wasm|js|css)$/.test(file) ? gzipSync(bytes).length : bytes.length;
};

const entry = manifest['src/app/main.ts'];
const first = new Set([entry.file, ...(entry.css ?? [])]);
const follow = (key) => {
  for (const imported of manifest[key].imports ?? []) {
    if (first.has(manifest[imported].file)) continue;
    first.add(manifest[imported].file);
    follow(imported);
  }
};
follow('src/app/main.ts');

const sum = (files) => files.reduce((total, file) => total + size(file), 0);
const code = readdirSync(new URL('assets/', out)).filter((f) => /\.(js|css)$/.test(f)).map((f) => `assets/${f}`);
const firstBytes = sum([...first]);
const allBytes = sum(code);
console.log(`before the first preview ${firstBytes} B gz, all code ${allBytes} B gz (codecs load by themselves)`);
if (firstBytes > BUDGET_FIRST || allBytes > BUDGET_ALL) {
  console.error(`over the budget of ${BUDGET_FIRST} and ${BUDGET_ALL} B`);
  process.exit(1);
}

const offline = '../offline/viewer.js';
console.log(`inside a ZIP ${size(offline)} B gz`);
if (size(offline) > BUDGET_OFFLINE || /^\s*(import|export)\b/m.test(readFileSync(new URL(offline, out), 'utf8'))) {
  console.error(`the viewer inside a ZIP is over ${BUDGET_OFFLINE} B, or no classic script`);
  process.exit(1);
}
