/** Which batch dimension each enumerated variable gets. One allocator lives for one run of a guide and its model. */
import { EnumerationError } from '../../errors.js';
import type { EnumeratedVariable } from '../../runtime/messages.js';

/** The variables behind dimensions (negative, counted from the right of the batch). */
export type Variables = ReadonlyMap<number, EnumeratedVariable>;

/** Two variables that one site can see were given one dimension. A run without recycling gives each its own. */
export class DimensionClash extends EnumerationError {}

/**
 * Hands out dimensions leftwards from `firstAvailableDim`. A global variable keeps its dimension for the rest of the run; a variable inside
 * `markov` takes the rightmost one that nothing in its scope uses, so that dimensions are recycled. Source: `_EnumAllocator` in
 * `pyro.poutine.runtime`.
 */
export class EnumerationAllocator {
  private readonly taken = new Map<number, EnumeratedVariable>();
  private nextGlobal: number;
  private leftmost: number;
  private firstLocal: number;

  constructor(
    readonly firstAvailableDim: number,
    /** Without recycling every variable has a dimension that no other one ever has. */
    private readonly isRecycling = true,
  ) {
    this.nextGlobal = firstAvailableDim;
    this.firstLocal = firstAvailableDim;
    this.leftmost = firstAvailableDim + 1;
  }

  /** The number of plate dimensions to the right. */
  get maxPlateNesting(): number {
    return -1 - this.firstAvailableDim;
  }

  /** The variables that keep their dimension for good. */
  get globals(): Variables {
    return this.taken;
  }

  /** The dimension for a new variable: for good, or (given what its scope uses, globals included) until it leaves that scope. */
  choose(scope?: Variables): number {
    if (!this.isRecycling) return this.leftmost - 1;
    if (scope === undefined) return this.nextGlobal;
    let dim = this.firstLocal;
    while (scope.has(dim)) dim--;
    return dim;
  }

  /** Takes note of a variable that sits at `dim`, for good or not. */
  take(dim: number, variable: EnumeratedVariable, isGlobal: boolean): void {
    this.leftmost = Math.min(this.leftmost, dim);
    if (!isGlobal) return;
    this.taken.set(dim, variable);
    this.nextGlobal = Math.min(this.nextGlobal, dim - 1);
  }

  /** Called between guide and model: a variable of the model must not meet a recycled one of the guide, which it may well be upstream of. */
  startModel(): void {
    this.nextGlobal = Math.min(this.nextGlobal, this.leftmost - 1);
    this.firstLocal = this.nextGlobal;
  }
}

/**
 * What `run` gives with recycled dimensions, or where those of two variables clash (steps that see further back in the model than in the guide,
 * some grids) with a dimension for each variable.
 */
export function recyclingWherePossible<R>(run: (isRecycling: boolean) => R): R {
  try {
    return run(true);
  } catch (error) {
    if (!(error instanceof DimensionClash)) throw error;
    return run(false);
  }
}
