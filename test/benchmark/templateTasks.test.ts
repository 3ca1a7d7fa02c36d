/** The tasks for the template model: their images, their rivals, and how outliers are scored. */
import type { ImageSet } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { loadScript } from '../scripts/child.js';
import { slow } from '../slow.js';

interface Described {
  readonly counts: readonly number[];
  readonly classNames: readonly string[];
  readonly scale: readonly [number, number];
  readonly shear: readonly [number, number];
  readonly first: number;
  readonly hasLabels: boolean;
  readonly count: number;
}
type Sets = Readonly<Record<string, ImageSet & { readonly classNames: readonly string[] }>>;
type Options = Readonly<Record<string, string | number | boolean>>;
interface Images {
  shiftedSets(options: Options): Sets;
  digitSets(options: Options): Sets;
}
const script = await loadScript<Images>('bench/benchmark/shiftedSets.mjs');

/** Smallest and largest value; -0 is 0. */
const range = (values: ArrayLike<number>): [number, number] => [
  Math.min(...Array.from(values)) + 0,
  Math.max(...Array.from(values)) + 0,
];
const described = (sets: Sets): Readonly<Record<string, Described>> =>
  Object.fromEntries(
    Object.entries(sets)
      .filter(([, set]) => set !== undefined)
      .map(([part, set]) => [
        part,
        {
          counts: set.classNames.map((_, k) => set.labels?.filter((y) => y === k).length ?? 0),
          classNames: set.classNames,
          scale: range(set.factors?.scale ?? [1]),
          shear: range(set.factors?.shearX ?? [0]),
          first: set.images.slice(0, 2000).reduce((a, b) => a + b, 0),
          hasLabels: set.labels !== undefined,
          count: set.count,
        },
      ]),
  );

describe('images', () => {
  const counts = { labelled: 2, unlabelled: 20, test: 15 };

  it('of one scale and no shear are labelled, and of many are not', () => {
    const { labelled, unlabelled, test, outliers } = described(script.shiftedSets({ seed: 3, ...counts }));
    expect(labelled.counts).toEqual([2, 2, 2, 2]);
    expect([labelled.scale, labelled.shear]).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(unlabelled.hasLabels).toBe(false);
    expect(unlabelled.count).toBe(80);
    expect(test.counts).toEqual([15, 15, 15, 15]);
    for (const { scale, shear } of [unlabelled, test]) {
      expect(scale[0]).toBeLessThan(0.8);
      expect(scale[1]).toBeGreaterThan(1.3);
      expect(Math.max(...shear.map(Math.abs))).toBeGreaterThan(20);
    }
    expect(outliers).toBeUndefined();
  });

  it('are drawn anew for each seed', () => {
    const [a, b] = [1, 2].map((seed) => described(script.shiftedSets({ seed, ...counts })));
    for (const part of ['labelled', 'unlabelled', 'test']) expect(a[part].first).not.toBe(b[part].first);
  });

  slow('of a fifth shape are a class without labels, or outliers', () => {
    const extra = described(script.shiftedSets({ seed: 1, fifth: 'arrow', extra: true, ...counts }));
    expect(extra.labelled.counts).toEqual([2, 2, 2, 2]);
    expect(extra.test.counts).toEqual([15, 15, 15, 15, 15]);
    expect(extra.test.classNames.at(-1)).toBe('arrow');
    expect(extra.unlabelled.count).toBe(100);
    const outliers = described(script.shiftedSets({ seed: 1, fifth: 'star', ...counts }));
    expect(outliers.test.counts).toEqual([15, 15, 15, 15]);
    expect(outliers.outliers.count).toBe(15);
    expect(outliers.unlabelled.count).toBe(80);
  });

  slow('of the held-out digit are outliers, and of no other set', () => {
    const found = described(script.digitSets({ seed: 4, labelled: 3, unlabelled: 10, test: 5 }));
    expect(found.labelled.classNames).toEqual(['0', '1', '2', '3', '5', '6', '7', '8', '9']);
    expect(found.labelled.counts).toEqual(new Array(9).fill(3));
    expect(found.test.counts).toEqual(new Array(9).fill(5));
    expect(found.unlabelled.count).toBe(90);
    expect(found.outliers.counts[4]).toBe(5);
    expect(found.outliers.count).toBe(5);
  });
});

interface Plan {
  planCells(request: object): readonly { readonly cells: readonly { readonly method: string }[] }[];
}

it('tasks have the comparable rivals by default, and any that are named', async () => {
  const { planCells } = await loadScript<Plan>('bench/benchmark/plan.mjs');
  const { findTask } = await loadScript<{ findTask(name: string): object }>('bench/benchmark/tasks.mjs');
  const tasks = ['template-strong-5', 'toy', 'template-no-labels-digits'].map((name) => findTask(name));
  const cells = (methods: readonly string[], named: boolean) =>
    planCells({ tasks, methods, named, seeds: 1, versions: {}, settings: {} }).map((group) =>
      group.cells.map(({ method }) => method),
    );
  const methods = ['ours', 'recognition', 'label-propagation', 'spectral-clustering', 'cnn-affine+prep'];
  expect(cells(methods, false)).toEqual([
    ['ours', 'recognition', 'label-propagation'],
    ['ours', 'label-propagation', 'cnn-affine+prep'],
    ['ours', 'spectral-clustering'],
  ]);
  expect(cells(['cnn-affine+prep'], true)).toEqual([['cnn-affine+prep'], ['cnn-affine+prep'], []]);
});

it('the area under the curve is the share of pairs in the right order, ties as halves', async () => {
  const own = [3, 1, 2, 2];
  const outliers = [0, 2, 5];
  const wins = outliers.flatMap((o) => own.map((e): number => (o < e ? 1 : o === e ? 0.5 : 0)));
  const expected = wins.reduce((a, b) => a + b) / wins.length;
  const { auroc } = await loadScript<{ auroc(own: readonly number[], outliers: readonly number[]): number }>(
    'bench/benchmark/templateModel.mjs',
  );
  expect(auroc(own, outliers)).toBeCloseTo(expected, 12);
});
