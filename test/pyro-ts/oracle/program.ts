/** Random discrete programs as plain data: variables and observations among plates or along chains, each enumerated somewhere. */
import type { RandomStream } from 'pyro-ts';

/** How a variable is summed: in the model, or in the guide, all at once or in turn. */
export type Mode = 'model' | 'parallel' | 'sequential';

export interface Plate {
  readonly name: string;
  readonly size: number;
  /** What `size` was subsampled from; equal to it where nothing was. */
  readonly fullSize: number;
  readonly dim: number;
}

interface Site {
  readonly name: string;
  /** Plates around, outermost first. */
  readonly plates: readonly Plate[];
  /** Variables that the site depends on in the model, all of them before it. */
  readonly parents: readonly string[];
  /** Which elements of the innermost plate count; all where undefined. */
  readonly mask: readonly boolean[] | undefined;
  /** The step of a chain that the site belongs to; undefined outside of chains. */
  readonly step: number | undefined;
}

export interface Variable extends Site {
  readonly kind: 'variable';
  readonly numValues: number;
  readonly mode: Mode;
  /** Variables of the guide that it depends on there. */
  readonly guideParents: readonly string[];
  readonly isBernoulli: boolean;
  readonly expand: boolean;
}

export interface Observation extends Site {
  readonly kind: 'observation';
}

export type Statement = Variable | Observation;

export interface RandomProgram {
  /** In the order of the program; a plate's sites stand together. */
  readonly statements: readonly Statement[];
  readonly maxPlateNesting: number;
  readonly numParticles: number;
  /** Of the chains: how far back a step can see in the model and in the guide; undefined where loops stand in place of `markov`. */
  readonly history: { readonly model: number; readonly guide: number } | undefined;
  /** Tables of numbers, by what they are for. */
  readonly tables: Readonly<Record<string, readonly number[]>>;
}

const pick = <T>(rng: RandomStream, from: readonly T[]): T => from[rng.nextInt(from.length)];
const chance = (rng: RandomStream, p: number): boolean => rng.next() < p;
const subset = <T>(rng: RandomStream, from: readonly T[], p: number): T[] => from.filter(() => chance(rng, p));

const isVariable = (s: Statement): s is Variable => s.kind === 'variable';
export const variablesOf = (program: RandomProgram): Variable[] => program.statements.filter(isVariable);
/** The number of elements that a site has. */
export const copiesOf = ({ plates }: Site): number => plates.reduce((n, p) => n * p.size, 1);

/** A site with random parents among `candidates`, the variables that it may depend on. */
function makeSite(
  rng: RandomStream,
  name: string,
  where: Pick<Site, 'plates' | 'step'>,
  candidates: readonly Variable[],
  modes: readonly Mode[],
  kind: Statement['kind'],
): Statement {
  const { plates, step } = where;
  const inner = plates.at(-1);
  const mask = inner && chance(rng, 0.2) ? Array.from({ length: inner.size }, () => chance(rng, 0.6)) : undefined;
  const parents = subset(rng, candidates, 0.6)
    .slice(-3)
    .map((v) => v.name);
  const site = { name, plates, parents, mask, step };
  if (kind === 'observation') return { kind, ...site };
  const numValues = chance(rng, 0.7) ? 2 : 3;
  const above = candidates.filter((v) => v.mode !== 'model');
  return {
    kind,
    ...site,
    numValues,
    mode: pick(rng, modes),
    guideParents: subset(rng, above, 0.5)
      .slice(-2)
      .map((v) => v.name),
    isBernoulli: numValues === 2 && chance(rng, 0.5),
    expand: chance(rng, 0.15),
  };
}

/** Random tables for every site: the logits or means over its parents, and an offset for each element of its plates. */
function makeTables(rng: RandomStream, statements: readonly Statement[]): Record<string, number[]> {
  const numValues = new Map(statements.filter(isVariable).map((v) => [v.name, v.numValues]));
  const rows = (names: readonly string[]) => names.reduce((n, name) => n * (numValues.get(name) ?? 1), 1);
  const draws = (n: number) => Array.from({ length: n }, () => Math.fround(1.5 * rng.nextNormal()));
  const tables: Record<string, number[]> = {};
  for (const s of statements) {
    const width = isVariable(s) ? s.numValues : 1;
    tables[`p ${s.name}`] = draws(rows(s.parents) * width);
    tables[`offset ${s.name}`] = draws(copiesOf(s) * width);
    if (isVariable(s) && s.mode !== 'model') tables[`q ${s.name}`] = draws(rows(s.guideParents) * width);
  }
  return tables;
}

/** Variables and observations in a random tree of plates. */
export function platedProgram(rng: RandomStream): RandomProgram {
  const statements: Statement[] = [];
  const modes = pick<readonly Mode[]>(rng, [
    ['model'],
    ['model', 'parallel'],
    ['model', 'parallel', 'sequential'],
    ['parallel', 'sequential'],
  ]);
  let [variables, plates] = [0, 0];
  const fill = (around: readonly Plate[], above: readonly Variable[]): void => {
    const seen = [...above];
    const count = 1 + rng.nextInt(2);
    for (let i = 0; i < count; i++) {
      const kind = variables < 6 && chance(rng, 0.6) ? 'variable' : 'observation';
      const made = makeSite(
        rng,
        `${kind[0]}${statements.length}`,
        { plates: around, step: undefined },
        seen,
        modes,
        kind,
      );
      statements.push(made);
      if (made.kind !== 'variable') continue;
      variables++;
      seen.push(made);
    }
    const children = around.length < 2 ? rng.nextInt(3) : 0;
    for (let i = 0; i < children; i++) {
      const size = 1 + rng.nextInt(2);
      const fullSize = chance(rng, 0.15) ? size * 2 : size;
      const free = [-1, -2, -3].filter((dim) => around.every((p) => p.dim !== dim));
      fill([...around, { name: `plate${plates++}`, size, fullSize, dim: pick(rng, free) }], seen);
    }
  };
  fill([], []);
  const dims = statements.flatMap((s) => s.plates.map((p) => -p.dim));
  return {
    statements,
    maxPlateNesting: Math.max(0, ...dims),
    numParticles: chance(rng, 0.1) ? 2 : 1,
    history: undefined,
    tables: makeTables(rng, statements),
  };
}

/** Variables and observations along a chain of steps, beside variables that all steps see, maybe in a plate of sequences. */
export function chainProgram(rng: RandomStream): RandomProgram {
  const statements: Statement[] = [];
  const size = 1 + rng.nextInt(2);
  const plates: Plate[] = chance(rng, 0.3)
    ? [{ name: 'sequences', size, fullSize: size, dim: pick(rng, [-1, -2]) }]
    : [];
  const modes = pick<readonly Mode[]>(rng, [
    ['model'],
    ['model', 'parallel'],
    ['model', 'parallel'],
    ['model', 'parallel', 'sequential'],
  ]);
  const [steps, perStep] = [1 + rng.nextInt(4), 1 + rng.nextInt(2)];
  const guide = 1 + rng.nextInt(2);
  const history = chance(rng, 0.15) ? undefined : { guide, model: chance(rng, 0.2) ? 2 : guide };
  const add = (name: string, step: number | undefined, seen: readonly Variable[], kind: Statement['kind']) => {
    const made = makeSite(rng, name, { plates, step }, seen, modes, kind);
    statements.push(made);
    return made;
  };
  const shared = chance(rng, 0.3) ? [add('shared', undefined, [], 'variable')].filter(isVariable) : [];
  // What a site of the guide depends on must be in sight there too.
  const reach = Math.min(history?.model ?? steps, history?.guide ?? steps);
  for (let t = 0; t < steps; t++) {
    const inSight = (s: Statement): s is Variable => isVariable(s) && s.step !== undefined && s.step >= t - reach;
    const width = 1 + rng.nextInt(perStep);
    for (let k = 0; k < width; k++) add(`x${t}_${k}`, t, [...shared, ...statements.filter(inSight)], 'variable');
    if (chance(rng, 0.8)) add(`y${t}`, t, [...shared, ...statements.filter(inSight)], 'observation');
  }
  return {
    statements,
    maxPlateNesting: plates.length === 0 ? 0 : 2,
    numParticles: chance(rng, 0.1) ? 2 : 1,
    history,
    tables: makeTables(rng, statements),
  };
}
