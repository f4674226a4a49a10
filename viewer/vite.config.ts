import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/**
 * Cornerstone writes the style of its measurement labels with `setAttribute('style')`, which a Content-Security-Policy
 * without 'unsafe-inline' refuses; the same through the CSS object model is allowed.
 */
function styleByObjectModel(): Plugin {
  const before = "textElement.setAttribute('style', combinedStyle)";
  let replaced = false;
  return {
    name: 'placa-style-by-object-model',
    transform(code, id) {
      if (!id.endsWith('drawingSvg/drawTextBox.js')) return null;
      if (!code.includes(before)) throw new Error('drawTextBox.js has changed: look again at its inline style');
      replaced = true;
      return { code: code.replace(before, 'textElement.style.cssText = combinedStyle'), map: null };
    },
    buildEnd(error) {
      if (!error && !replaced && this.environment.name === 'client') {
        throw new Error('drawTextBox.js was not found in the bundle');
      }
    },
  };
}

export default defineConfig({
  base: './',
  publicDir: false,
  plugins: [styleByObjectModel()],
  resolve: {
    alias: { xmlbuilder2: fileURLToPath(new URL('src/core/xmlbuilder-stub.ts', import.meta.url)) },
  },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['@cornerstonejs/dicom-image-loader'] },
  build: {
    outDir: fileURLToPath(new URL('../src/placa/interfaces/web/ui/static/build/viewer', import.meta.url)),
    emptyOutDir: true,
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rolldownOptions: { input: { main: 'src/app/main.ts' } },
  },
});
