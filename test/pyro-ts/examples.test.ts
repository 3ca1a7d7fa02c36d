/**
 * Every export of the lower packages has a docstring, every function and every class that programs make has an example, and every example of
 * the engine and of pyro-ts runs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as engine from '@pyro-ts/engine';
import * as engineInternals from '@pyro-ts/engine/internal';
import * as decoder from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import * as pyro from 'pyro-ts';
import * as classes from 'pyro-ts/distributions';
import * as internals from 'pyro-ts/internal';
import { transformWithEsbuild } from 'vite';
import { afterAll, afterEach, describe, expect, test } from 'vitest';

const { constraints, normal, ParamStore, PyroError, param, plate, RandomStream, sample } = pyro;

/** The docstrings of a package's sources, each with the name that is declared after it. */
function docstringsOf(name: string) {
  const sources = new URL(`../../packages/${name}/src/`, import.meta.url);
  return readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(new URL(file, sources), 'utf8');
      const declared =
        /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n\s*export ((?:[a-z]+\*? )*)(\w+)|\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n\s*(\w+)/g;
      return [...text.matchAll(declared)].map(([, exported, how, name, other, member]) => ({
        file,
        word: name ?? member,
        isAbstract: how?.includes('abstract') ?? false,
        text: (exported ?? other).replaceAll(/^ *\* ?/gm, ''),
      }));
    });
}
const docstrings = { 'pyro-ts': docstringsOf('pyro-ts'), engine: docstringsOf('engine') };
const examples = Object.entries(docstrings).flatMap(([pack, all]) =>
  all.flatMap(({ file, word, text }) =>
    text
      .split('@example')
      .slice(1)
      .map((part) => ({ name: `${word} in ${pack}/${file}`, code: part.split(/^@\w+/m)[0] })),
  ),
);

const entries: Record<string, [entry: Record<string, unknown>, packages: readonly string[]]> = {
  // `take` and a few more are the engine's.
  'pyro-ts': [pyro, ['pyro-ts', 'engine']],
  'pyro-ts/distributions': [classes, ['pyro-ts']],
  '@pyro-ts/engine': [engine, ['engine']],
  '@pyro-ts/spatial-decoder': [decoder, ['spatial-decoder']],
};

describe.each(Object.entries(entries))('what %s exports', (entry, [{ constraints: _, ...exported }, packages]) => {
  test.each(Object.keys(exported))('%s', (name) => {
    const own = packages.flatMap(docstringsOf).filter(({ word }) => word === name);
    expect(own, 'a docstring').not.toEqual([]);
    const value = exported[name];
    // A class of distributions is made by the function of its name, and nobody makes a base class or, from outside, an error.
    const isError = value === PyroError || (value as { prototype?: unknown }).prototype instanceof PyroError;
    const maker = `${name[0].toLowerCase()}${name.slice(1)}`;
    const isMade = entry === 'pyro-ts/distributions' || (maker !== name && maker in exported);
    if (isError || isMade || own.some(({ isAbstract }) => isAbstract)) return;
    expect(
      own.some(({ text }) => text.includes('@example')),
      'an example',
    ).toBe(true);
  });
});

/** What examples may take for granted. */
function surroundings() {
  const data = [0.3, -1.1, 0.8];
  const [x, z] = [
    tf.tensor2d([
      [0.2, 0.9],
      [-0.4, 1.3],
      [1, 0],
    ]),
    tf.tensor2d([
      [0.1, -0.2],
      [1, 0.5],
      [0, 2],
    ]),
  ];
  const model = (..._: unknown[]) => {
    const w = sample('w', normal(0, 1));
    const spread = param('spread', 1, { constraint: constraints.positive });
    return plate('data', 3, () => sample('x', normal(w, spread), { obs: data }));
  };
  const guide = (..._: unknown[]) =>
    sample('w', normal(param('loc', 0), param('scale', 1, { constraint: constraints.positive })));
  const adam = new pyro.Adam({ lr: 0.01 });
  const elbo = new pyro.TraceELBO();
  const params = new ParamStore();
  const svi = new pyro.SVI(model, guide, adam, elbo, { params });
  svi.step();
  const net = (n: number) => (input: tf.Tensor) => tf.tile(input.sum(-1, true), [1, n]);
  const files = new Map<string, Uint8Array>();
  return {
    ...engineInternals,
    ...internals,
    ...classes,
    ...pyro,
    ...engine,
    tf,
    data,
    x,
    z,
    model,
    guide,
    adam,
    elbo,
    svi,
    params,
    rng: new RandomStream(0),
    kernel: { loops: { multiply: () => {}, adam: () => {} } },
    decoder: net(4),
    encoder: net(2),
    classifier: net(3),
    writeFileSync: (name: string, bytes: Uint8Array) => void files.set(name, bytes),
    readFileSync: (name: string) => files.get(name),
  };
}

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<unknown>;

/** What an example says at its end that it gives, where that is a number, a text or a list of those. */
function promised(code: string): unknown {
  const comment = code.trim().split('\n').at(-1)?.split(' // ')[1]?.split(';')[0];
  const isValue = comment !== undefined && /^(-?[\d.]+|\[.*\]|'.*'|true|false)$/.test(comment);
  return isValue ? new Function(`return ${comment}`)() : undefined;
}
const flat = (x: unknown): unknown[] =>
  x instanceof tf.Tensor
    ? Array.from(x.dataSync())
    : Array.isArray(x)
      ? x.flat(9)
      : ArrayBuffer.isView(x)
        ? Array.from(x as Float32Array)
        : [x];

let compared = 0;
// One example changes what happens to warnings.
const receiver = pyro.onWarning(() => {});
afterEach(() => void pyro.onWarning(() => {}));
afterAll(() => void pyro.onWarning(receiver));
describe('examples run', () => {
  test.each(examples)('$name', async ({ code }) => {
    const names = surroundings();
    const result = promised(code);
    const lines = code.trim().split('\n');
    if (result !== undefined) lines.push(`return ${lines.pop()}`);
    // In a block, so that an example may declare what it would find around it.
    const { code: script } = await transformWithEsbuild(`async () => {\n${lines.join('\n')}\n}`, 'example.ts');
    const body = script.slice(script.indexOf('{') + 1, script.lastIndexOf('}'));
    const run = new AsyncFunction(...Object.keys(names), `{ ${body} }`);
    const given = await names.params.run(() => pyro.seed.with(0, () => run(...Object.values(names))));
    if (result === undefined) return;
    compared++;
    const [found, wanted] = [flat(given), flat(result)];
    expect(found.length).toBe(wanted.length);
    for (const [i, x] of wanted.entries()) {
      if (typeof x === 'number') expect(Math.abs((found[i] as number) - x)).toBeLessThan(0.006);
      else expect(found[i]).toBe(x);
    }
  });
  test('and give what they say', () => {
    expect(compared).toBeGreaterThan(30);
  });
});
