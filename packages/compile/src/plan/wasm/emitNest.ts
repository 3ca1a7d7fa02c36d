/** Writes a nest of loops as a WebAssembly function. */
import type { Fold } from '../nodes.js';
import { Emitter, type Local, type Opcode } from './emitter.js';
import { vectorFunctions } from './functions.js';
import type { Nest, NestPlace, Operand } from './nest.js';
import { type Schedule, scheduleOf } from './schedule.js';

/** Number of iterations after which a long float32 sum is added to a float64 sum. */
const FLUSHED = 64;

const folding: Readonly<Record<Fold, Opcode>> = {
  sum: 'f32x4.add',
  prod: 'f32x4.mul',
  max: 'f32x4.max',
  min: 'f32x4.min',
};
const neutral: Readonly<Record<Fold, number>> = {
  sum: 0,
  prod: 1,
  max: Number.NEGATIVE_INFINITY,
  min: Number.POSITIVE_INFINITY,
};

/** The function, with one address for each of `params` parameters; undefined if the nest cannot be vectorised. */
export function emitNest(nest: Nest, params: number, fused: boolean): Emitter | undefined {
  if (nest.statements.some((s) => s.kind === 'map' && !Object.hasOwn(vectorFunctions, s.fn))) return undefined;
  const schedule = scheduleOf(nest);
  return schedule && new NestEmitter(nest, schedule, new Emitter(params, fused)).emit();
}

/** Iteration within its tile, by loop. */
type Corner = ReadonlyMap<number, number>;

class NestEmitter {
  /** For each statement, the position in the schedule from which its value is known. */
  private readonly positions: readonly number[];
  private readonly dependencies: readonly ReadonlySet<number>[];
  private readonly instances = new Map<string, Local>();
  /** Addresses of places at the current position of the loops. */
  private readonly addresses = new Map<string, Local>();
  private readonly places: readonly NestPlace[];
  private readonly corners: readonly Corner[];
  private readonly sums = new Map<string, Local>();
  private readonly totals = new Map<string, readonly [Local, Local]>();
  /** The product that is summed, if the sum is of a product that is not used elsewhere. */
  private readonly summed: { readonly statement: number; readonly args: readonly Operand[] } | undefined;

  constructor(
    private readonly nest: Nest,
    private readonly schedule: Schedule,
    private readonly e: Emitter,
  ) {
    this.summed = summedProduct(nest);
    const dependencies: Set<number>[] = [];
    for (const s of nest.statements) {
      const loops =
        s.kind === 'load'
          ? moving(s.place)
          : s.args.flatMap((a) => ('statement' in a ? [...dependencies[a.statement]] : []));
      dependencies.push(new Set(loops));
    }
    this.dependencies = dependencies;
    const order = schedule.loops.map(({ loop }) => loop);
    this.positions = dependencies.map((loops) => Math.max(0, ...[...loops].map((loop) => order.indexOf(loop) + 1)));
    const all = [nest.to, ...nest.statements.flatMap((s) => (s.kind === 'load' ? [s.place] : []))];
    this.places = [...new Map(all.map((place) => [keyOf(place), place])).values()];
    this.corners = cornersOf(schedule);
  }

  emit(): Emitter {
    for (const place of this.places) this.addresses.set(keyOf(place), place.param);
    this.level(0);
    return this.e;
  }

  /** The number of loops around a result. */
  private get resultDepth(): number {
    const { nest, schedule } = this;
    return nest.fold ? schedule.loops.filter(({ loop }) => loop < nest.outer).length : schedule.loops.length;
  }

  private level(depth: number): void {
    const { schedule, nest } = this;
    this.statementsAt(depth);
    if (depth === this.resultDepth && nest.fold) this.beginFold(nest.fold);
    if (depth === schedule.loops.length) {
      if (nest.fold) this.accumulate(nest.fold);
      else this.storeAll((corner) => this.instanceOf(nest.result, corner));
    } else this.loop(depth);
    if (depth === this.resultDepth && nest.fold) this.endFold();
  }

  private loop(depth: number): void {
    const { schedule, nest, e } = this;
    const { loop, tile } = schedule.loops[depth];
    const extent = nest.extents[loop];
    const isLanes = loop === schedule.lanes;
    const stride = (isLanes ? 4 : 1) * tile;
    if (isLanes && schedule.isFolded) {
      this.foldedLanes(depth, loop, extent);
      return;
    }
    const before = new Map(this.addresses);
    const moved = this.places.filter((place) => place.steps[loop] !== 0);
    const isWhole = extent % stride === 0;
    for (const place of moved) {
      const address = e.address();
      if (isWhole) e.copy(address, before.get(keyOf(place)) as Local);
      this.addresses.set(keyOf(place), address);
    }
    if (isWhole) {
      e.loop(extent, stride, () => {
        this.level(depth + 1);
        for (const place of moved) this.advance(place, place.steps[loop] * stride);
      });
    } else {
      // The last tile starts early and recomputes some entries.
      const at = e.address();
      e.loop(extent, stride, (counter) => {
        e.clamp(at, counter, extent - stride);
        for (const place of moved) {
          const key = keyOf(place);
          e.advanceBy(this.addresses.get(key) as Local, before.get(key) as Local, at, 4 * place.steps[loop]);
        }
        this.level(depth + 1);
      });
    }
    for (const [key, address] of before) this.addresses.set(key, address);
  }

  /** The innermost loop, over vectors whose lanes are reduced: whole vectors, then the remaining lanes. */
  private foldedLanes(depth: number, loop: number, extent: number): void {
    const { e, nest } = this;
    const fold = nest.fold as Fold;
    const before = new Map(this.addresses);
    const moved = this.places.filter((place) => place.steps[loop] !== 0);
    for (const place of moved) {
      const address = e.address();
      e.copy(address, before.get(keyOf(place)) as Local);
      this.addresses.set(keyOf(place), address);
    }
    const rest = extent % 4;
    e.loop(extent - rest, 4, (counter) => {
      this.level(depth + 1);
      for (const place of moved) this.advance(place, place.steps[loop] * 4);
      if (this.totals.size > 0) e.unless(counter, 4 * FLUSHED - 4, () => this.flush());
    });
    if (rest > 0) {
      for (const place of moved) this.advance(place, place.steps[loop] * (rest - 4));
      this.statementsAt(depth + 1);
      const isNew = e.mask([0, 1, 2, 3].map((lane) => lane >= 4 - rest));
      for (const corner of this.corners) {
        const x = this.folded(corner);
        const kept = e.apply('v128.bitselect', x, e.constant(neutral[fold]), isNew);
        const sum = this.sums.get(cornerKey(corner)) as Local;
        e.assign(sum, folding[fold], sum, kept);
      }
    }
    if (this.totals.size > 0) this.flush();
    for (const [key, address] of before) this.addresses.set(key, address);
  }

  private advance(place: NestPlace, numbers: number): void {
    const address = this.addresses.get(keyOf(place)) as Local;
    this.e.advance(address, address, 4 * numbers);
  }

  private statementsAt(depth: number): void {
    const { nest, e } = this;
    nest.statements.forEach((s, i) => {
      if (this.positions[i] !== depth || i === this.summed?.statement) return;
      const made = new Set<string>();
      for (const corner of this.corners) {
        const key = this.instanceKey(i, corner);
        if (made.has(key)) continue;
        made.add(key);
        const local =
          s.kind === 'load'
            ? e.load(this.addressOf(s.place), this.offsetOf(s.place, corner), 4 * s.place.steps[this.schedule.lanes])
            : vectorFunctions[s.fn](e, ...s.args.map((a) => this.instanceOf(a, corner)));
        this.instances.set(key, local);
      }
    });
  }

  private addressOf(place: NestPlace): Local {
    return this.addresses.get(keyOf(place)) as Local;
  }

  /** Offset in bytes of an iteration within its tile. */
  private offsetOf(place: NestPlace, corner: Corner): number {
    let numbers = 0;
    for (const [loop, round] of corner) numbers += place.steps[loop] * round * (loop === this.schedule.lanes ? 4 : 1);
    return 4 * numbers;
  }

  private instanceKey(statement: number, corner: Corner): string {
    const own = this.dependencies[statement];
    return `${statement} ${cornerKey(new Map([...corner].filter(([loop]) => own.has(loop))))}`;
  }
  private instanceOf(operand: Operand, corner: Corner): Local {
    if ('number' in operand) return this.e.constant(operand.number);
    return this.instances.get(this.instanceKey(operand.statement, corner)) as Local;
  }

  private beginFold(fold: Fold): void {
    const { e, nest, schedule } = this;
    const rounds = nest.extents.slice(nest.outer).reduce((a, b) => a * b, 1);
    const isLong = fold === 'sum' && schedule.isFolded && rounds > 16 * FLUSHED;
    for (const corner of this.corners) {
      const sum = e.vector();
      e.copy(sum, e.constant(neutral[fold]));
      this.sums.set(cornerKey(corner), sum);
      if (!isLong) continue;
      const totals = [e.vector(), e.vector()] as const;
      for (const total of totals) e.copy(total, e.constant(0));
      this.totals.set(cornerKey(corner), totals);
    }
  }

  private accumulate(fold: Fold): void {
    for (const corner of this.corners) {
      const sum = this.sums.get(cornerKey(corner)) as Local;
      if (this.summed) {
        const [a, b] = this.summed.args.map((x) => this.instanceOf(x, corner));
        this.e.assignMadd(sum, a, b, sum);
      } else this.e.assign(sum, folding[fold], sum, this.instanceOf(this.nest.result, corner));
    }
  }

  /** Adds one iteration to the sums. */
  private folded(corner: Corner): Local {
    if (!this.summed) return this.instanceOf(this.nest.result, corner);
    return vectorFunctions.Mul(this.e, ...this.summed.args.map((x) => this.instanceOf(x, corner)));
  }

  /** Adds the float32 sums to the float64 sums. */
  private flush(): void {
    const { e } = this;
    for (const [key, [low, high]] of this.totals) {
      const sum = this.sums.get(key) as Local;
      e.assign(low, 'f64x2.add', low, e.apply('f64x2.promote_low_f32x4', sum));
      const upper = e.shuffle(sum, sum, [2, 3, 2, 3]);
      e.assign(high, 'f64x2.add', high, e.apply('f64x2.promote_low_f32x4', upper));
      e.copy(sum, e.constant(0));
    }
  }

  private endFold(): void {
    const { e, nest, schedule } = this;
    const fold = nest.fold as Fold;
    if (!schedule.isFolded) {
      this.storeAll((corner) => this.sums.get(cornerKey(corner)) as Local);
      return;
    }
    for (const corner of this.corners) {
      const key = cornerKey(corner);
      const totals = this.totals.get(key);
      const folded = totals ? this.acrossTotals(totals) : this.acrossLanes(this.sums.get(key) as Local, fold);
      e.storeLane(this.addressOf(nest.to), this.offsetOf(nest.to, corner), folded, 0);
    }
  }

  private acrossLanes(x: Local, fold: Fold): Local {
    const { e } = this;
    const pairs = e.apply(folding[fold], x, e.shuffle(x, x, [2, 3, 0, 1]));
    return e.apply(folding[fold], pairs, e.shuffle(pairs, pairs, [1, 0, 3, 2]));
  }
  private acrossTotals([low, high]: readonly [Local, Local]): Local {
    const { e } = this;
    const both = e.apply('f64x2.add', low, high);
    const sum = e.apply('f64x2.add', both, e.shuffle(both, both, [2, 3, 0, 1]));
    return e.apply('f32x4.demote_f64x2_zero', sum);
  }

  private storeAll(numbersAt: (corner: Corner) => Local): void {
    const { to } = this.nest;
    const step = 4 * to.steps[this.schedule.lanes];
    for (const corner of this.corners)
      this.e.store(this.addressOf(to), this.offsetOf(to, corner), step, numbersAt(corner));
  }
}

function summedProduct({ fold, result, statements }: Nest) {
  if (fold !== 'sum' || !('statement' in result)) return undefined;
  const { statement } = result;
  const product = statements[statement];
  if (product.kind !== 'map' || product.fn !== 'Mul') return undefined;
  const isUsed = statements.some(
    (s) => s.kind === 'map' && s.args.some((a) => 'statement' in a && a.statement === statement),
  );
  return isUsed ? undefined : { statement, args: product.args };
}

/** Places of one parameter with the same strides share their addresses. */
const keyOf = ({ param, steps }: NestPlace): string => `${param} ${steps}`;
const moving = ({ steps }: NestPlace): number[] => steps.flatMap((step, loop) => (step === 0 ? [] : [loop]));
const cornerKey = (corner: Corner): string => [...corner].join(' ');

/** All combinations of iterations of a tile. */
function cornersOf({ loops }: Schedule): Corner[] {
  let corners: Corner[] = [new Map()];
  for (const { loop, tile } of loops) {
    if (tile === 1) continue;
    corners = corners.flatMap((corner) =>
      Array.from({ length: tile }, (_, round) => new Map([...corner, [loop, round]])),
    );
  }
  return corners;
}
