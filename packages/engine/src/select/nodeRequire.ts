/** CommonJS from an ES module that also has to load in a browser. */

export interface CommonJsRequire {
  (name: string): unknown;
  resolve(name: string): string;
  readonly cache: Readonly<Record<string, { readonly exports: unknown } | undefined>>;
}

/** Node's `require`, seen from this package; `undefined` in a browser. */
export function nodeRequire(): CommonJsRequire | undefined {
  if (typeof process === 'undefined') return undefined;
  return process.getBuiltinModule?.('node:module')?.createRequire(import.meta.url);
}
