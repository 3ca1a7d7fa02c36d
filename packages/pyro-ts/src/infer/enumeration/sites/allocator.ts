/** Which batch dimension each enumerated variable gets. One allocator lives for one run of a guide and its model. */
import type { EnumeratedVariable } from '../../../runtime/messages.js';

/** The variables behind dimensions (negative, counted from the right of the batch). */
export type Variables = ReadonlyMap<number, EnumeratedVariable>;

/**
 * Hands out dimensions leftwards from `firstAvailableDim`. A global variable keeps its dimension for the rest of the run; a variable inside
 * `markov` takes the rightmost one that nothing in its scope uses, so that dimensions are recycled. Source: `_EnumAllocator` in
 * `pyro.poutine.runtime`.
 */
export class EnumerationAllocator {
  private readonly taken = new Map<number, EnumeratedVariable>();
  private nextGlobal: number;
  private leftmostLocal: number;

  constructor(readonly firstAvailableDim: number) {
    this.nextGlobal = firstAvailableDim;
    this.leftmostLocal = firstAvailableDim + 1;
  }

  /** The number of plate dimensions to the right. */
  get maxPlateNesting(): number {
    return -1 - this.firstAvailableDim;
  }

  /** The variables that keep their dimension for good. */
  get globals(): Variables {
    return this.taken;
  }

  /** Whether anything was enumerated. */
  get isUsed(): boolean {
    return this.taken.size > 0 || this.leftmostLocal <= this.firstAvailableDim;
  }

  /** The dimension for a new variable: for good, or (given what its scope uses, globals included) until it leaves that scope. */
  choose(scope?: Variables): number {
    if (scope === undefined) return this.nextGlobal;
    let dim = this.firstAvailableDim;
    while (scope.has(dim)) dim--;
    return dim;
  }

  /** Takes note of a variable that sits at `dim`, for good or not. */
  take(dim: number, variable: EnumeratedVariable, isGlobal: boolean): void {
    if (isGlobal) {
      this.taken.set(dim, variable);
      this.nextGlobal = Math.min(this.nextGlobal, dim - 1);
    } else {
      this.leftmostLocal = Math.min(this.leftmostLocal, dim);
    }
  }

  /** Called between guide and model: a global variable of the model must not meet a recycled one of the guide, which it may well be upstream of. */
  startModel(): void {
    this.nextGlobal = Math.min(this.nextGlobal, this.leftmostLocal - 1);
  }
}
