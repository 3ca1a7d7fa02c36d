/** Which batch dimension each enumerated variable gets. One allocator lives for one run of a guide and its model. */

/** A dimension, and the variable that sits there. */
export interface Allocation {
  readonly dim: number;
  readonly id: number;
}

/**
 * Hands out dimensions leftwards from `firstAvailableDim`. A global variable keeps its dimension for the rest of the run; a variable inside
 * `markov` takes the rightmost one that nothing in its scope uses, so that dimensions are recycled. Source: `_EnumAllocator` in
 * `pyro.poutine.runtime`.
 */
export class EnumerationAllocator {
  /** The variable behind each dimension that is taken for good. */
  readonly globals = new Map<number, number>();
  private nextDim: number;
  private nextId = 0;
  private leftmostLocal: number;

  constructor(readonly firstAvailableDim: number) {
    this.nextDim = firstAvailableDim;
    this.leftmostLocal = firstAvailableDim + 1;
  }

  /** The number of plate dimensions to the right. */
  get maxPlateNesting(): number {
    return -1 - this.firstAvailableDim;
  }

  /** Whether anything was enumerated. */
  get isUsed(): boolean {
    return this.nextId > 0;
  }

  /** A dimension for a new variable: for good, or (given the dimensions that its scope uses, globals included) until it leaves that scope. */
  allocate(scopeDims?: ReadonlyMap<number, number>): Allocation {
    const id = this.nextId++;
    if (scopeDims === undefined) {
      const dim = this.nextDim--;
      this.globals.set(dim, id);
      return { dim, id };
    }
    let dim = this.firstAvailableDim;
    while (scopeDims.has(dim)) dim--;
    this.leftmostLocal = Math.min(this.leftmostLocal, dim);
    return { dim, id };
  }

  /** Takes note of a variable that an earlier run with the same choices has placed. */
  adopt({ dim, id }: Allocation, isGlobal: boolean): void {
    this.nextId = Math.max(this.nextId, id + 1);
    if (isGlobal) {
      this.globals.set(dim, id);
      this.nextDim = Math.min(this.nextDim, dim - 1);
    } else {
      this.leftmostLocal = Math.min(this.leftmostLocal, dim);
    }
  }

  /** Called between guide and model: a global variable of the model must not meet a recycled one of the guide, which it may well be upstream of. */
  startModel(): void {
    this.nextDim = Math.min(this.nextDim, this.leftmostLocal - 1);
  }
}
