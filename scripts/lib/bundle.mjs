/** How large a package is in a browser: bundled whole with Vite, minified. */
import { builtinModules } from 'node:module';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './process.mjs';

const isBuiltin = (id) => id.startsWith('node:') || builtinModules.includes(id);

/**
 * `{ bytes, gzip }` of all that the package `name` exports, with its dependencies, but without what is loaded on
 * demand; `external` names packages that stay outside. For a package that cannot run in a browser, because it imports
 * modules of Node at once, `{ needs }` names them.
 */
export async function bundle(name, external = []) {
  const needs = new Set();
  const entry = 'virtual:entry';
  const plugin = {
    name: 'entry',
    enforce: 'pre',
    resolveId(id, importer) {
      if (id === entry) return `\0${entry}`;
      // In other packages Vite has a stand-in for modules that their package.json declares as absent in browsers.
      const isTheirs = importer?.includes('node_modules') && !id.startsWith('node:');
      return isBuiltin(id) && !isTheirs ? { id, external: true } : undefined;
    },
    load: (id) => (id === `\0${entry}` ? `export * from ${JSON.stringify(name)};` : undefined),
    // A module that is imported only when a function asks for it does no harm in a browser.
    moduleParsed: ({ importedIds }) => {
      for (const id of importedIds) if (isBuiltin(id)) needs.add(id);
    },
  };
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [plugin],
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      rollupOptions: {
        input: entry,
        preserveEntrySignatures: 'strict',
        external: (id) => external.some((one) => id === one || id.startsWith(`${one}/`)),
      },
    },
  });
  if (needs.size > 0) return { needs: [...needs].sort() };
  const code = loadedAtOnce([result].flat().flatMap(({ output }) => output));
  return {
    bytes: code.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    gzip: code.reduce((sum, text) => sum + gzipSync(text).length, 0),
  };
}

/** The code of the entry and of all that it imports; not what a function imports when it is called. */
function loadedAtOnce(output) {
  const byName = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set();
  const visit = (chunk) => {
    if (chunk === undefined || found.has(chunk)) return;
    found.add(chunk);
    for (const name of chunk.imports ?? []) visit(byName.get(name));
  };
  visit(output.find(({ isEntry }) => isEntry));
  return [...found].map(({ code }) => code);
}
