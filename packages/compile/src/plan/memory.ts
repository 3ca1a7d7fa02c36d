/** Assigns the values of a plan to its memory; the memory of values that are no longer read is reused. */
import type { Step } from './kernels.js';
import { type Entry, sizeOf, type Value } from './nodes.js';

export interface Layout {
  readonly offsets: ReadonlyMap<Value, number>;
  /** In numbers. */
  readonly size: number;
}

/** Alignment of values: one cache line. */
const ALIGNED = 16;
const roomOf = (entry: Entry): number => Math.ceil(Math.max(1, sizeOf(entry.shape)) / ALIGNED) * ALIGNED;

/** @param kept values that outlive the run: inputs, constants and outputs */
export function layOut(entries: readonly Entry[], steps: readonly Step[], kept: ReadonlySet<Value>): Layout {
  const offsets = new Map<Value, number>();
  let size = 0;
  for (const value of kept) {
    offsets.set(value, size);
    size += roomOf(entries[value]);
  }
  const lastUse = new Map<Value, number>();
  for (const [i, step] of steps.entries()) {
    lastUse.set(step.result, Math.max(i, lastUse.get(step.result) ?? 0));
    for (const value of readsOf(step)) lastUse.set(value, i);
  }
  const ending = new Map<number, Value[]>();
  for (const [value, i] of lastUse) if (!kept.has(value)) ending.set(i, [...(ending.get(i) ?? []), value]);
  const free = new FreeList();
  for (const [i, { result }] of steps.entries()) {
    if (!offsets.has(result)) {
      const room = roomOf(entries[result]);
      const found = free.take(room);
      offsets.set(result, found ?? size);
      if (found === undefined) size += room;
    }
    for (const value of ending.get(i) ?? []) free.give(offsets.get(value) as number, roomOf(entries[value]));
  }
  return { offsets, size };
}

export const readsOf = (step: Step): Value[] =>
  step.kind === 'host' ? step.args : step.kernel.params.map((p) => p.value).filter((v) => v !== step.result);

/** Free blocks by size: only whole blocks are reused, which wastes little since sizes recur. */
class FreeList {
  private readonly gaps = new Map<number, number[]>();

  take(room: number): number | undefined {
    return this.gaps.get(room)?.pop();
  }
  give(offset: number, room: number): void {
    const list = this.gaps.get(room);
    if (list) list.push(offset);
    else this.gaps.set(room, [offset]);
  }
}
