import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/** The viewer inside the ZIP: one classic script, for a page that is opened from a folder and may load no module. */

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const ENTRY = here('offline/main.ts');
const LISTS = /src\/(i18n\/(en|es|it|pt)|ui\/icons)\.ts$/;
const BANNER = '/*! Placa, MIT. Icons: Bootstrap Icons 1.13.2, Copyright (c) 2019-2024 The Bootstrap Authors, MIT. */\n';

/** Every word in quotes in the entry and what it imports. */
function quotedFrom(file: string, seen = new Set<string>(), words = new Set<string>()): Set<string> {
  if (seen.has(file) || LISTS.test(file)) return words;
  seen.add(file);
  const source = readFileSync(file, 'utf8').replace(/\bicon: '[\w-]+'/g, ''); // of tools that only the full look draws
  for (const [, word] of source.matchAll(/'([\w-]+)'/g)) words.add(word as string);
  for (const [, path] of source.matchAll(/^import (?!type )[^;]*? from '(\.[^'?]+)';/gm)) {
    const target = resolve(dirname(file), path as string);
    quotedFrom(target.endsWith('i18n') ? `${target}/index.ts` : `${target}.ts`, seen, words);
  }
  return words;
}

/** The portal's viewer says and draws four times as much: of its words and icons only those named here come along. */
function onlyWhatIsNamed(): Plugin {
  const words = quotedFrom(ENTRY);
  return {
    name: 'placa-only-what-is-named',
    enforce: 'pre',
    transform(code, id) {
      if (id.endsWith('.svg?raw')) return { code: code.replace(/ (width|height|class|fill)=\\"[^"]*\\"/g, ''), map: null };
      if (!LISTS.test(id)) return null;
      const lines = code.split('\n').filter((line) => {
        const key = /^ {2}'?([\w-]+)'?: /.exec(line)?.[1];
        return !key || words.has(key);
      });
      return { code: lines.join('\n'), map: null };
    },
  };
}

function licence(): Plugin {
  return {
    name: 'placa-licence',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = BANNER + file.code;
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [onlyWhatIsNamed(), licence()],
  build: {
    outDir: here('../src/placa/interfaces/web/ui/static/build/offline'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rolldownOptions: { input: ENTRY, output: { format: 'iife', entryFileNames: 'viewer.js' } },
  },
});
