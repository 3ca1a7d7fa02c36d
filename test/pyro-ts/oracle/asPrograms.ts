/** A random program as a model and a guide. */
import { take } from '@pyro-ts/engine';
import { expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { bernoulli, categorical, type Distribution, markov, mask, normal, param, plate, sample } from 'pyro-ts';
import type { Plate, RandomProgram, Statement, Variable } from './program.js';

type Values = Map<string, tf.Tensor>;
type Visit = (statement: Statement, values: Values) => void;

/** The observed value of a site at one of its elements. */
export const datum = (name: string, element: number): number =>
  2 * Math.sin(name.length + 7 * element + name.charCodeAt(1));

/** The program's rows of `key` at the values of `parents`, with `width` numbers a row. */
function rowsAt(key: string, parents: readonly string[], values: Values, sizes: Map<string, number>, width: number) {
  const table = tf.reshape(param(key), [-1, width]);
  let row: tf.Tensor = tf.scalar(0);
  for (const parent of parents) row = row.mul(sizes.get(parent) as number).add(values.get(parent) as tf.Tensor);
  return take(table, row);
}

/** One number for each element of a site's plates, where each plate has its dimension, with `width` numbers at the end. */
function inPlates(flat: tf.Tensor, plates: readonly Plate[], width: number): tf.Tensor {
  const rank = Math.max(0, ...plates.map((p) => -p.dim));
  const order = plates.map((_, i) => i).sort((a, b) => plates[a].dim - plates[b].dim);
  const shape = new Array<number>(rank).fill(1);
  for (const p of plates) shape[rank + p.dim] = p.size;
  const nested = tf.reshape(flat, [...plates.map((p) => p.size), width]);
  return tf.reshape(tf.transpose(nested, [...order, plates.length]), [...shape, width]);
}

function walk(program: RandomProgram, history: number | undefined, visit: Visit): void {
  const values: Values = new Map();
  const { statements } = program;
  const within = (depth: number, some: readonly Statement[]): void => {
    for (let i = 0; i < some.length; ) {
      const next = some[i].plates[depth];
      if (next === undefined) {
        visit(some[i++], values);
        continue;
      }
      const end = some.findIndex((s, k) => k > i && s.plates[depth] !== next);
      const inside = some.slice(i, end < 0 ? undefined : end);
      const chosen = next.fullSize === next.size ? {} : { subsample: Array.from({ length: next.size }, (_, k) => k) };
      plate(next.name, next.fullSize, { dim: next.dim, ...chosen }, () => steps(depth + 1, inside));
      i += inside.length;
    }
  };
  const steps = (depth: number, some: readonly Statement[]): void => {
    const chain = some.filter((s) => s.step !== undefined && s.plates.length === depth);
    if (history === undefined || chain.length === 0) {
      within(depth, some);
      return;
    }
    within(
      depth,
      some.filter((s) => s.step === undefined),
    );
    const last = Math.max(...chain.map((s) => s.step as number));
    markov(last + 1, { history }, (t) =>
      within(
        depth,
        chain.filter((s) => s.step === t),
      ),
    );
  };
  steps(0, statements);
}

const masked = (statement: Statement, body: () => void): void => {
  const inner = statement.plates.at(-1);
  if (!statement.mask || !inner) {
    body();
    return;
  }
  const shape = new Array<number>(-inner.dim).fill(1);
  shape[0] = inner.size;
  mask.with(tf.tensor(statement.mask.map(Number), shape, 'bool'), body);
};

const familyOf = (v: Variable, logits: tf.Tensor): Distribution => {
  if (!v.isBernoulli) return categorical({ logits });
  const [zero, one] = tf.split(logits, 2, -1).map((x) => x.squeeze([-1]));
  return bernoulli({ logits: one.sub(zero) });
};

const sizesOf = (program: RandomProgram): Map<string, number> =>
  new Map(program.statements.flatMap((s) => (s.kind === 'variable' ? [[s.name, s.numValues]] : [])));

export const modelOf = (program: RandomProgram) => (): void => {
  const sizes = sizesOf(program);
  walk(program, program.history?.model, (s, values) => {
    const width = s.kind === 'variable' ? s.numValues : 1;
    const offset = inPlates(tf.tensor1d([...program.tables[`offset ${s.name}`]]), s.plates, width);
    const rows = rowsAt(`p ${s.name}`, s.parents, values, sizes, width).add(offset);
    masked(s, () => {
      if (s.kind === 'variable') {
        const infer = s.mode === 'model' ? { infer: { enumerate: 'parallel' as const, expand: s.expand } } : {};
        values.set(s.name, sample(s.name, familyOf(s, rows), infer));
        return;
      }
      const count = s.plates.reduce((n, p) => n * p.size, 1);
      const data = tf.tensor1d(Array.from({ length: count }, (_, e) => datum(s.name, e)));
      sample(s.name, normal(rows.squeeze([-1]), 1), { obs: inPlates(data, s.plates, 1).squeeze([-1]) });
    });
  });
};

export const guideOf = (program: RandomProgram) => (): void => {
  const sizes = sizesOf(program);
  walk(program, program.history?.guide, (s, values) => {
    if (s.kind !== 'variable' || s.mode === 'model') return;
    const { mode } = s;
    const rows = rowsAt(`q ${s.name}`, s.guideParents, values, sizes, s.numValues);
    const shape = inPlates(tf.zeros([s.plates.reduce((n, p) => n * p.size, 1)]), s.plates, 1).shape.slice(0, -1);
    const logits = rows.add(expandTo(tf.zeros([1]), [...shape, s.numValues]));
    masked(
      s,
      () =>
        void values.set(s.name, sample(s.name, familyOf(s, logits), { infer: { enumerate: mode, expand: s.expand } })),
    );
  });
};
