/** How the sources may import each other: one way between packages, through their entries, without cycles, and without Node where a browser runs them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Folders of the packages, each with those that it may import. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  compile: ['engine'],
  'pyro-ts': ['engine', 'compile'],
  'spatial-decoder': ['engine', 'compile'],
  'pyroved-ts': ['engine', 'compile', 'pyro-ts', 'spatial-decoder'],
  'pyroved-data': ['engine', 'pyro-ts', 'pyroved-ts'],
  pyroved: ['engine', 'pyro-ts', 'spatial-decoder', 'pyroved-ts', 'pyroved-data'],
  studio: ['engine', 'pyro-ts', 'spatial-decoder', 'pyroved-ts', 'pyroved'],
};
const folders = Object.keys(allowed);

/** The folders and files of pyro-ts from the bottom to the top: each imports its own and those before it, types included. */
const layers = [
  'errors',
  'alea',
  'random',
  'prefixedMap',
  'vindex',
  'io',
  'distributions',
  'runtime',
  'paramStore',
  'primitives',
  'handlers',
  'optim',
  'infer',
  'render',
  'internal',
  'index',
];

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** What Vite bundles, with the packages that it imports: those are not installed with the package. */
const bundled = /^packages\/studio\/src\/app\//;

const manifests = new Map(
  folders.map((folder) => {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
    return [folder, manifest];
  }),
);
const folderOf = new Map([...manifests].map(([folder, { name }]) => [name, folder]));

const sources = folders.flatMap((folder) => {
  const home = join(root, 'packages', folder, 'src');
  return readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => {
      const path = join(home, file);
      // Comments hold examples, which are no imports.
      const code = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      return { folder, path, code };
    });
});

/** What a source imports; `types`: it is erased when the program runs. */
function importsOf(code: string): { specifier: string; types: boolean }[] {
  const statements = /^(?:import|export)\s+(type\s+)?(\{[^}]*\}|[\w*\s,]+?)\s+from\s+'([^']+)'/gm;
  const found = [...code.matchAll(statements)].map(([, type, names, specifier]) => {
    const each = names.startsWith('{')
      ? names
          .slice(1, -1)
          .split(',')
          .filter((name) => name.trim() !== '')
      : [''];
    return { specifier, types: type !== undefined || each.every((name) => name.trim().startsWith('type ')) };
  });
  const bare = [...code.matchAll(/(?:^import|import\()\s*'([^']+)'/gm)].map(([, specifier]) => ({
    specifier,
    types: false,
  }));
  return [...found, ...bare];
}

/** "@scope/name" or "name" of a package, without what follows. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const imports = sources.flatMap(({ folder, path, code }) =>
  importsOf(code).map((found) => ({ folder, path, ...found })),
);
const shown = (path: string): string => relative(root, path);

describe('packages', () => {
  it('import one way, and only what they list', () => {
    const wrong = imports
      .filter(
        ({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:') && !specifier.startsWith('#'),
      )
      .filter(({ folder, path, specifier }) => {
        const { dependencies, peerDependencies, devDependencies } = manifests.get(folder) as Manifest;
        const own = folderOf.get(packageOf(specifier));
        const others = bundled.test(shown(path)) ? devDependencies : {};
        const isListed = packageOf(specifier) in { ...dependencies, ...peerDependencies, ...others };
        return !isListed || (own !== undefined && !allowed[folder].includes(own));
      })
      .map(({ path, specifier, types }) => `${shown(path)}: ${specifier}${types ? ' (types)' : ''}`);
    expect(wrong).toEqual([]);
  });

  it('are imported through their entries', () => {
    const wrong = imports
      .filter(({ specifier }) => {
        const own = folderOf.get(packageOf(specifier));
        if (own === undefined) return false;
        const entry = `.${specifier.slice(packageOf(specifier).length)}`;
        return !(entry in (manifests.get(own) as Manifest).exports);
      })
      .map(({ path, specifier }) => `${shown(path)}: ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('of a browser do without Node, but for the files that say so', () => {
    const mayUseNode = [
      /^packages\/(pyroved|pyroved-data)\//,
      /^packages\/studio\/src\/server\//,
      /^packages\/pyroved-ts\/src\/node\//,
      /\.node\.ts$/,
      /^packages\/spatial-decoder\/src\/native/,
    ];
    const wrong = imports
      .filter(({ specifier, types }) => specifier.startsWith('node:') && !types)
      .filter(({ path }) => !mayUseNode.some((pattern) => pattern.test(shown(path))))
      .map(({ path, specifier }) => `${shown(path)}: ${specifier}`);
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  it('have no cycles of imports', () => {
    const graph = new Map<string, string[]>(sources.map(({ path }) => [path, []]));
    for (const { path, specifier, types } of imports) {
      if (types || !specifier.startsWith('.')) continue;
      const target = join(dirname(path), specifier.replace(/\.js$/, '.ts'));
      if (graph.has(target)) graph.get(path)?.push(target);
    }
    expect(cyclesOf(graph).map((cycle) => cycle.map(shown).join(' -> '))).toEqual([]);
  });
});

describe('pyro-ts', () => {
  const home = join(root, 'packages', 'pyro-ts', 'src');
  const layerOf = (path: string): string =>
    relative(home, path)
      .split('/')[0]
      .replace(/\.[jt]s$/, '');
  const own = sources.filter(({ folder }) => folder === 'pyro-ts').map(({ path }) => path);

  it('has no folder that the order of its layers lacks', () => {
    expect([...new Set(own.map(layerOf))].filter((layer) => !layers.includes(layer))).toEqual([]);
  });

  it('is imported from the bottom to the top', () => {
    const wrong = imports
      .filter(({ folder, specifier }) => folder === 'pyro-ts' && specifier.startsWith('.'))
      .filter(({ path, specifier }) => {
        const target = layerOf(join(dirname(path), specifier));
        return layers.indexOf(target) > layers.indexOf(layerOf(path));
      })
      .map(({ path, specifier }) => `${shown(path)}: ${specifier}`);
    expect(wrong).toEqual([]);
  });
});

/** One cycle for each edge that closes one, found depth first. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): void => {
    const at = path.indexOf(node);
    if (at >= 0) return void cycles.push([...path.slice(at), node]);
    if (done.has(node)) return;
    path.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    path.pop();
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return cycles;
}

describe('the rule itself', () => {
  it('finds a cycle, and what is imported', () => {
    expect(
      cyclesOf(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual([['b', 'c', 'b']]);
    expect(
      importsOf("import { type A, type B } from './a.js';\nexport * from 'b';\nconst c = await import('./c.js');"),
    ).toEqual([
      { specifier: './a.js', types: true },
      { specifier: 'b', types: false },
      { specifier: './c.js', types: false },
    ]);
  });
});
