/** Builds the page into dist/page, where the server finds it. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const place = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: place('src/app'),
  base: './',
  cacheDir: place('../../node_modules/.cache/pyro/vite-studio'),
  logLevel: 'warn',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    outDir: place('dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    // The kernels' workers are modules.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
  },
  worker: { format: 'es' },
});
