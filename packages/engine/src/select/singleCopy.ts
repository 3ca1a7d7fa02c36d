/** Finds packages that are loaded twice, which would split the state that their two copies should share. */
import { EngineError } from '../errors.js';
import { nodeRequire } from './nodeRequire.js';

const registryKey = Symbol.for('pyro-ts.loadedPackages');

/**
 * Called by a package as it loads, with its own `import.meta.url`. Throws an EngineError where another copy of the package was loaded from
 * elsewhere: each copy would have its own handler stack, and programs written with one would be invisible to the other.
 */
export function assertSingleCopy(packageName: string, url: string): void {
  const shared = globalThis as { [registryKey]?: Map<string, string> };
  shared[registryKey] ??= new Map();
  const loaded = shared[registryKey];
  const first = loaded.get(packageName);
  if (first !== undefined && first !== url) {
    throw new EngineError(
      `${packageName} is loaded twice, from ${first} and from ${url}, and the two copies cannot see each other's programs. ` +
        `Keep one: "npm ls ${packageName}" shows who brings which, "npm dedupe" merges equal versions.`,
    );
  }
  loaded.set(packageName, url);
}

interface TfjsCopy {
  readonly file: string;
  readonly version: string;
}

/**
 * Looks for two copies of tfjs-core in this Node process. Copies of different versions throw an EngineError (they share one engine object and
 * corrupt it); copies of one version work, and the sentence that says so is returned. Nothing can be seen in a browser's bundle.
 */
export function checkTfjsCopies(): string | undefined {
  const copies = loadedTfjsCores();
  if (copies.length < 2) return undefined;
  const where = copies.map((copy) => `${copy.version} at ${copy.file}`).join(' and ');
  if (new Set(copies.map((copy) => copy.version)).size > 1) {
    throw new EngineError(
      `Two versions of @tensorflow/tfjs-core are loaded (${where}) and would corrupt each other. ` +
        'Bring every package to one version: "npm ls @tensorflow/tfjs-core" shows who brings which.',
    );
  }
  return `@tensorflow/tfjs-core is loaded twice (${where}); "npm dedupe" would save the memory.`;
}

function loadedTfjsCores(): TfjsCopy[] {
  const require = nodeRequire();
  if (require === undefined) return [];
  const copies: TfjsCopy[] = [];
  for (const [file, module] of Object.entries(require.cache)) {
    if (!/[\\/]tfjs-core[\\/]dist[\\/]tf-core\.[\w.]*js$/.test(file)) continue;
    const exports = (module?.exports ?? {}) as { version_core?: string };
    copies.push({ file, version: exports.version_core ?? 'unknown' });
  }
  return copies;
}
