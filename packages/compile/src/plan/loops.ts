/** One kernel: a nest of loops that computes a value from stored ones, as the text of a JavaScript function over the plan's memory `M`. */
import { GraphError } from '../errors.js';
import { functions } from './functions.js';
import { type Entry, type Fold, type Shape, sizeOf, stridesOf, type Value } from './nodes.js';
import type { Nest, NestPlace, NestStatement, Operand } from './wasm/nest.js';

/** An index: `step` x the loop's counter + `offset`; constant where `loop` is -1. */
interface Index {
  readonly loop: number;
  readonly step: number;
  readonly offset: number;
}

/** A place in memory that depends on the loops. */
interface Place {
  /** The stored value. */
  readonly value: Value;
  readonly steps: readonly number[];
  readonly offset: number;
  /** An additional offset, computed in the loops. */
  readonly dynamic?: string;
}

interface Statement {
  readonly level: number;
  readonly name: string;
  readonly text?: string;
  /** The function and its arguments, if `text` is one of plan/functions.ts. */
  readonly map?: { readonly fn: string; readonly args: readonly string[] };
  readonly load?: Place;
  /** The load happens only if this holds; otherwise the value is NaN. */
  readonly guard?: string;
}

/** A kernel's text, and the places of its parameters. */
export interface Kernel {
  /** "(a0, a1) { ... }" */
  readonly text: string;
  readonly params: readonly { readonly value: Value; readonly offset: number }[];
  /** Number of times that the innermost statement runs. */
  readonly count: number;
  /** The same as data, if the kernel consists of loads and elementwise functions only. */
  readonly nest?: Nest;
}

/** Resolves values to memory. */
export interface Stored {
  readonly entries: readonly Entry[];
  /** The value that shares its row-major memory with `value`; undefined if it is not stored. */
  readonly homeOf: (value: Value) => Value | undefined;
}

/** Maximum number of iterations of innermost loops that are unrolled. */
const UNROLLED = 4;

export class LoopNest {
  private extents: number[];
  private outer: number;
  private readonly statements: Statement[] = [];
  private readonly known = new Map<string, string>();

  /** @param outer loops over the result; `inner`: loops that are reduced */
  constructor(
    private readonly stored: Stored,
    outer: Shape,
    inner: Shape = [],
  ) {
    this.extents = [...outer, ...inner];
    this.outer = outer.length;
  }

  /** The indices of the loops from `from` on. */
  indices(from = 0, to = this.extents.length): Index[] {
    return this.extents.slice(from, to).map((n, i) => (n === 1 ? fixed(0) : { loop: from + i, step: 1, offset: 0 }));
  }

  /** The entry of `value` at `at`, as a name or a number. */
  read(value: Value, at: readonly Index[], isRoot = false): string {
    const entry = this.stored.entries[value];
    if (entry.kind === 'splat') return literal(entry.value);
    const home = isRoot ? undefined : this.stored.homeOf(value);
    const key = `${value} ${at.map((i) => `${i.loop},${i.step},${i.offset}`).join(' ')}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const name = home === undefined ? this.compute(entry, at) : this.load(this.placeOf(home, entry.shape, at));
    this.known.set(key, name);
    return name;
  }

  /** Adds a computation by one of the elementwise functions. */
  apply(fn: string, args: readonly string[]): string {
    return this.push({ level: this.levelOf(args), text: functions[fn].code(...args), map: { fn, args } });
  }

  placeOf(home: Value, shape: Shape, at: readonly Index[], begin: Shape = []): Place {
    const strides = stridesOf(shape);
    const steps = new Array<number>(this.extents.length).fill(0);
    let offset = 0;
    at.forEach((index, i) => {
      if (index.loop >= 0) steps[index.loop] += strides[i] * index.step;
      offset += strides[i] * (index.offset + (begin[i] ?? 0));
    });
    return { value: home, steps, offset };
  }

  private compute(entry: Entry, at: readonly Index[]): string {
    switch (entry.kind) {
      case 'map':
      case 'hostMap': {
        const args = entry.args.map((arg) => this.read(arg, this.aligned(arg, at)));
        if (entry.kind === 'map') return this.apply(entry.fn, args);
        return this.push({ level: this.levelOf(args), text: `H${entry.fn}(${args.join(', ')})` });
      }
      case 'view': {
        const [source] = entry.args;
        const inner = entry.from.map(({ dim, step, offset }) => {
          if (dim < 0) return fixed(offset);
          const { loop, step: own, offset: o } = at[dim];
          return loop < 0 ? fixed(offset + step * o) : { loop, step: step * own, offset: offset + step * o };
        });
        return this.read(source, inner);
      }
      case 'gather': {
        const [source, indices] = entry.args;
        const width = this.stored.entries[indices].shape.length;
        const { shape } = this.stored.entries[source];
        const index = this.read(indices, at.slice(0, width));
        const home = this.stored.homeOf(source) as Value;
        const place = this.placeOf(home, shape, [fixed(0), ...at.slice(width)]);
        const dynamic = `${index} * ${stridesOf(shape)[0]}`;
        const level = Math.max(this.levelOf([index]), levelOfSteps(place.steps));
        return this.push({ level, load: { ...place, dynamic }, guard: `${index} >= 0 && ${index} < ${shape[0]}` });
      }
      default:
        throw new GraphError(`a value of kind ${entry.kind} has no memory: a defect of the planner`);
    }
  }

  /** Indices of an argument that broadcasts against the result. */
  private aligned(arg: Value, at: readonly Index[]): Index[] {
    const { shape } = this.stored.entries[arg];
    const lead = at.length - shape.length;
    return shape.map((n, i) => (n === 1 ? fixed(0) : at[i + lead]));
  }

  private load(place: Place): string {
    return this.push({ level: levelOfSteps(place.steps), load: place });
  }

  private push(statement: Omit<Statement, 'name'>): string {
    const name = `t${this.statements.length}`;
    this.statements.push({ ...statement, name });
    return name;
  }

  private levelOf(names: readonly string[]): number {
    return Math.max(
      0,
      ...names.map((name) => (name.startsWith('t') ? this.statements[Number(name.slice(1))].level : 0)),
    );
  }

  /** The kernel that stores `result` at `to`, reducing over the inner loops with `fold`. */
  store(result: string, to: Place, fold?: Fold): Kernel {
    const what = { result, fold };
    if (!fold) return this.print(to, { before: [], within: [`M[${ADDRESS}] = ${result};`], after: [] }, what);
    const code = {
      before: [`let s = ${start[fold]};`],
      within: [folding[fold]('s', result)],
      after: [`M[${ADDRESS}] = s;`],
      // Independent sums: each addition waits for the one before it.
      parts: {
        before: [`let ${PARTS.map((s) => `${s} = ${start[fold]}`).join(', ')};`],
        within: PARTS.map((s) => folding[fold](s, result)),
        after: PARTS.map((s) => folding[fold]('s', s)),
      },
    };
    return this.print(to, code, what);
  }

  /** Like `store`, with custom statements before, inside and after the inner loops; `@` stands for the address of `to`. */
  print(to: Place, code: Code & { readonly parts?: Code }, what?: Stores): Kernel {
    const places = [to, ...this.statements.flatMap((s) => s.load ?? [])];
    const { extents, outer, at } = collapsed(this.extents, this.outer, places);
    const params: { value: Value; offset: number }[] = [];
    const numbers = new Map<string, number>();
    const paramOf = ({ value, offset }: Place): number => {
      const key = `${value} ${offset}`;
      const known = numbers.get(key) ?? params.push({ value, offset }) - 1;
      numbers.set(key, known);
      return known;
    };
    const address = (place: Place): string => {
      const { steps, dynamic } = place;
      const name = `a${paramOf(place)}`;
      const moving = at.flatMap((loop, i) => {
        const step = steps[loop];
        return step === 0 ? [] : [step === 1 ? `i${i}` : `i${i} * ${step}`];
      });
      return [name, ...moving, ...(dynamic === undefined ? [] : [dynamic])].join(' + ');
    };
    // A statement after the old loop k moves after the loop that k was merged into.
    const levelNow = (level: number) => (level === 0 ? 0 : at.findIndex((loop) => loop >= level - 1) + 1);
    const lines = (level: number): string[] =>
      this.statements
        .filter((s) => levelNow(s.level) === level)
        .map(({ name, text, load, guard }) => {
          if (!load) return `const ${name} = ${text};`;
          const value = `M[${address(load)}]`;
          return `const ${name} = ${guard === undefined ? value : `${guard} ? ${value} : NaN`};`;
        });
    const target = address(to);
    const filled = (texts: readonly string[]) => texts.map((text) => text.replaceAll(ADDRESS, target));
    const nest = (level: number): string[] => {
      const own = lines(level);
      const isFolding = code.before.length > 0;
      const head = level === outer && isFolding ? filled(code.before) : [];
      const tail = level === outer && isFolding ? filled(code.after) : [];
      if (level === extents.length) return [...own, ...head, ...filled(code.within), ...tail];
      const body = nest(level + 1);
      const isInnermost = level === extents.length - 1;
      const isShort = isInnermost && extents[level] <= UNROLLED && body.length * extents[level] <= 64;
      const { parts } = code;
      const isSplit =
        isInnermost && level >= outer && parts && !isShort && extents[level] >= 2 * PARTS.length && own.length <= 12;
      if (isSplit && parts) return [...own, ...head, ...split(level, body.slice(0, -1), parts), ...tail];
      const loop = isShort
        ? Array.from({ length: extents[level] }, (_, i) => ['{', `const i${level} = ${i};`, ...body, '}']).flat()
        : [`for (let i${level} = 0; i${level} < ${extents[level]}; i${level}++) {`, ...body, '}'];
      return [...own, ...head, ...loop, ...tail];
    };
    /** Iterations in groups, each with its own sum `s`; then the remaining ones. */
    const split = (level: number, body: readonly string[], parts: Code): string[] => {
      const whole = extents[level] - (extents[level] % PARTS.length);
      const rounds = PARTS.flatMap((_, i) => ['{', `const i${level} = g + ${i};`, ...body, parts.within[i], '}']);
      const rest = `for (let i${level} = ${whole}; i${level} < ${extents[level]}; i${level}++) {`;
      return [
        ...parts.before,
        ...[`for (let g = 0; g < ${whole}; g += ${PARTS.length}) {`, ...rounds, '}'],
        ...(whole < extents[level] ? [rest, ...body, ...code.within, '}'] : []),
        ...parts.after,
      ];
    };
    const body = nest(0);
    const list = params.map((_, i) => `a${i}`).join(', ');
    const data = what && this.asNest(to, what, { extents, outer, at }, paramOf);
    return {
      text: `(${list}) {\n${body.join('\n')}\n}`,
      params,
      count: sizeOf(this.extents),
      ...(data && { nest: data }),
    };
  }

  private asNest(
    to: Place,
    { result, fold }: Stores,
    loops: Loops,
    paramOf: (place: Place) => number,
  ): Nest | undefined {
    const { extents, outer, at } = loops;
    const placeOf = (place: Place): NestPlace => ({
      param: paramOf(place),
      steps: at.map((loop) => place.steps[loop]),
    });
    const statements: NestStatement[] = [];
    for (const { load, map } of this.statements) {
      if (load && load.dynamic === undefined) statements.push({ kind: 'load', place: placeOf(load) });
      else if (map) statements.push({ kind: 'map', fn: map.fn, args: map.args.map(operandOf) });
      else return undefined;
    }
    return { extents, outer, statements, result: operandOf(result), to: placeOf(to), ...(fold && { fold }) };
  }
}

/** What a kernel stores: the value of each iteration, or the reduction over the inner loops. */
interface Stores {
  readonly result: string;
  readonly fold: Fold | undefined;
}

/** Statements before, inside and after the inner loops of a kernel. */
interface Code {
  readonly before: readonly string[];
  readonly within: readonly string[];
  readonly after: readonly string[];
}

/** The names of the independent sums of long loops. */
const PARTS = ['s0', 's1', 's2', 's3'];

/** Stands for the address of a result. */
const ADDRESS = '@';

const start: Readonly<Record<Fold, string>> = { sum: '0', prod: '1', max: '-Infinity', min: 'Infinity' };
const folding: Readonly<Record<Fold, (s: string, x: string) => string>> = {
  sum: (s, x) => `${s} += ${x};`,
  prod: (s, x) => `${s} *= ${x};`,
  max: (s, x) => `${s} = Math.max(${s}, ${x});`,
  min: (s, x) => `${s} = Math.min(${s}, ${x});`,
};

/** The name of a statement, or a number literal. */
const operandOf = (text: string): Operand =>
  text.startsWith('t') ? { statement: Number(text.slice(1)) } : { number: Number(text.replace(/[()]/g, '')) };

const fixed = (offset: number): Index => ({ loop: -1, step: 0, offset });
const levelOfSteps = (steps: readonly number[]): number => steps.findLastIndex((step) => step !== 0) + 1;

/** A number literal. */
export const literal = (x: number): string => (x < 0 || Object.is(x, -0) ? `(${Object.is(x, -0) ? '-0' : x})` : `${x}`);

interface Loops {
  readonly extents: readonly number[];
  readonly outer: number;
  /** For each loop, the old loop whose steps it has. */
  readonly at: readonly number[];
}

/**
 * Merges adjacent loops that are contiguous in every place, and removes loops of one iteration.
 */
function collapsed(extents: readonly number[], outer: number, places: readonly Place[]): Loops {
  const result: { extent: number; at: number; isOuter: boolean }[] = [];
  extents.forEach((extent, loop) => {
    if (extent === 1) return;
    const isOuter = loop < outer;
    const before = result[result.length - 1];
    const isMerged =
      before !== undefined &&
      before.isOuter === isOuter &&
      places.every(({ steps }) => steps[before.at] === steps[loop] * extent);
    if (isMerged) result[result.length - 1] = { extent: before.extent * extent, at: loop, isOuter };
    else result.push({ extent, at: loop, isOuter });
  });
  return {
    extents: result.map((l) => l.extent),
    outer: result.filter((l) => l.isOuter).length,
    at: result.map((l) => l.at),
  };
}
