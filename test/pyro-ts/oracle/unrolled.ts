/** The exact bound of a random program in plain numbers: every copy of every variable by itself, summed over all values. */
import { datum } from './asPrograms.js';
import { copiesOf, type RandomProgram, type Statement, type Variable, variablesOf } from './program.js';

/** One copy of a site in the unrolled program. */
interface Copy {
  readonly site: Statement;
  readonly key: string;
  /** Index of each plate around. */
  readonly at: ReadonlyMap<string, number>;
  /** Index among the site's copies. */
  readonly element: number;
  /** The keys of the copies that it depends on, in the model and in the guide. */
  readonly parents: readonly string[];
  readonly guideParents: readonly string[];
  readonly scale: number;
  readonly counts: boolean;
}

type Tables = Readonly<Record<string, readonly number[]>>;

const keyOf = (site: Statement, at: ReadonlyMap<string, number>): string =>
  `${site.name}|${site.plates.map((p) => at.get(p.name)).join(',')}`;

function unroll(program: RandomProgram): Copy[] {
  const byName = new Map(program.statements.map((s) => [s.name, s]));
  return program.statements.flatMap((site) =>
    Array.from({ length: copiesOf(site) }, (_, element) => {
      let rest = element;
      const at = new Map<string, number>();
      for (const p of site.plates.toReversed()) {
        at.set(p.name, rest % p.size);
        rest = Math.floor(rest / p.size);
      }
      const copiesAt = (names: readonly string[]) => names.map((name) => keyOf(byName.get(name) as Statement, at));
      const inner = site.plates.at(-1);
      return {
        site,
        key: keyOf(site, at),
        at,
        element,
        parents: copiesAt(site.parents),
        guideParents: site.kind === 'variable' ? copiesAt(site.guideParents) : [],
        scale: site.plates.reduce((s, p) => (s * p.fullSize) / p.size, 1),
        counts: !site.mask || !inner || site.mask[at.get(inner.name) as number],
      };
    }),
  );
}

const isIn = (mode: 'model' | 'guide') => (c: Copy) =>
  c.site.kind === 'variable' && (c.site.mode === 'model') === (mode === 'model');

export const logSumExp = (logs: readonly number[]): number => {
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0));
};

/** The copies of the model's factors, in sets that no variable of the model connects. */
function connected(factors: readonly Copy[], isModelKey: (key: string) => boolean): Copy[][] {
  const groups: { keys: Set<string>; factors: Copy[] }[] = [];
  for (const factor of factors) {
    const keys = new Set([factor.key, ...factor.parents].filter(isModelKey));
    const touched = groups.filter((g) => [...keys].some((key) => g.keys.has(key)));
    for (const g of touched) {
      groups.splice(groups.indexOf(g), 1);
      for (const key of g.keys) keys.add(key);
    }
    groups.push({ keys, factors: [...touched.flatMap((g) => g.factors), factor] });
  }
  return groups.map((g) => g.factors);
}

/**
 * Why the bound of a program is not of the form that enumeration can compute, or undefined where it is: a variable of the model outside a plate
 * is connected to one of the guide inside it, or sites that are summed together have different scales.
 */
export function whyRejected(program: RandomProgram): 'global' | 'scale' | undefined {
  const variables = new Map(variablesOf(program).map((v) => [v.name, v]));
  const modelKeys = (key: string) => variables.get(key)?.mode === 'model';
  const factors = program.statements.map((site) => {
    const scale = site.plates.reduce((s, p) => (s * p.fullSize) / p.size, 1);
    return {
      site,
      key: site.name,
      at: new Map(),
      element: 0,
      parents: site.parents,
      guideParents: [],
      scale,
      counts: true,
    };
  });
  for (const group of connected(factors, modelKeys)) {
    const inModel = new Set(group.flatMap((f) => [f.key, ...f.parents]).filter(modelKeys));
    if (inModel.size === 0) continue;
    if (new Set(group.map((f) => f.scale)).size > 1) return 'scale';
    const inGuide = group.flatMap((f) => [f.key, ...f.parents]).filter((key) => variables.has(key) && !modelKeys(key));
    for (const name of inGuide) {
      const plates = (variables.get(name) as Variable).plates;
      const isOutside = [...inModel].some((m) => plates.some((p) => !variables.get(m)?.plates.includes(p)));
      if (isOutside) return 'global';
    }
    // A value visited in turn leaves no trace in a table, so any table in its plates might depend on it.
    for (const v of variables.values()) {
      if (v.mode !== 'sequential' || !group.some((f) => v.plates.every((p) => f.site.plates.includes(p)))) continue;
      if (!v.plates.every((p) => group.every((f) => f.site.plates.includes(p)))) return 'global';
    }
  }
  return undefined;
}

/** The number of terms of the sum, to keep out programs that take too long. */
export function numTerms(program: RandomProgram): number {
  return variablesOf(program).reduce((n, v) => n * v.numValues ** copiesOf(v), 1);
}

/** E_q[log p - log q], with the variables of the model summed out, for given tables. */
export function exactBound(program: RandomProgram): (tables: Tables) => number {
  const copies = unroll(program);
  const sizes = new Map(
    copies.flatMap((c) => (c.site.kind === 'variable' ? [[c.key, c.site.numValues] as const] : [])),
  );
  const modelKeys = new Set(copies.filter(isIn('model')).map((c) => c.key));
  const groups = connected(copies, (key) => modelKeys.has(key));
  const guide = copies.filter(isIn('guide'));

  return (tables) => {
    const values = new Map<string, number>();
    const row = (keys: readonly string[]) =>
      keys.reduce((r, key) => r * (sizes.get(key) as number) + (values.get(key) as number), 0);
    /** log of the probability of a copy's value, from logits that begin at `from`, plus an offset. */
    const logCategory = (c: Copy, logits: readonly number[], from: number, offset: readonly number[] | undefined) => {
      const n = sizes.get(c.key) as number;
      const each = Array.from({ length: n }, (_, k) => logits[from + k] + (offset?.[c.element * n + k] ?? 0));
      return each[values.get(c.key) as number] - logSumExp(each);
    };
    const logModel = (c: Copy): number => {
      const table = tables[`p ${c.site.name}`];
      const offset = tables[`offset ${c.site.name}`];
      if (c.site.kind === 'variable') return logCategory(c, table, row(c.parents) * c.site.numValues, offset);
      const distance = datum(c.site.name, c.element) - table[row(c.parents)] - offset[c.element];
      return -0.5 * distance * distance - 0.5 * Math.log(2 * Math.PI);
    };
    const logGuide = (c: Copy): number =>
      logCategory(c, tables[`q ${c.site.name}`], row(c.guideParents) * (sizes.get(c.key) as number), undefined);
    const logSum = (factors: readonly Copy[]): number => {
      const free = factors.filter((f) => modelKeys.has(f.key));
      const term = () => factors.reduce((s, f) => (f.counts || modelKeys.has(f.key) ? s + logModel(f) : s), 0);
      const logs: number[] = [];
      const visit = (i: number): void => {
        if (i === free.length) {
          logs.push(term());
          return;
        }
        for (let k = 0; k < (sizes.get(free[i].key) as number); k++) {
          values.set(free[i].key, k);
          visit(i + 1);
        }
      };
      visit(0);
      return factors[0].scale * logSumExp(logs);
    };
    let bound = 0;
    const visit = (i: number, logQ: number, entropy: number): void => {
      if (i < guide.length) {
        for (let k = 0; k < (sizes.get(guide[i].key) as number); k++) {
          values.set(guide[i].key, k);
          const log = logGuide(guide[i]);
          visit(i + 1, logQ + log, guide[i].counts ? entropy - guide[i].scale * log : entropy);
        }
        return;
      }
      bound += Math.exp(logQ) * (groups.reduce((s, g) => s + logSum(g), 0) + entropy);
    };
    visit(0, 0, 0);
    return bound;
  };
}
