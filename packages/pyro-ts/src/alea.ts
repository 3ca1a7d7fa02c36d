/**
 * The generator Alea of Johannes Baagøe: the numbers of `seedrandom.alea`, with several generators seeded side by side. Each character of a seed takes
 * ten operations that wait for one another, so that a short draw costs less than its seed; those of other seeds fill the gaps.
 */
export class Alea {
  private s0 = 0;
  private s1 = 0;
  private s2 = 0;
  private c = 1;

  /** Begins with the state of number `index` of `seededStates`. */
  load(states: Float64Array, index: number): void {
    this.s0 = states[3 * index];
    this.s1 = states[3 * index + 1];
    this.s2 = states[3 * index + 2];
    this.c = 1;
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number {
    const t = 2091639 * this.s0 + this.c * 2 ** -32;
    this.s0 = this.s1;
    this.s1 = this.s2;
    this.c = t | 0;
    this.s2 = t - this.c;
    return this.s2;
  }
}

/** The states of generators with these seeds, three numbers each. */
export function seededStates(seeds: readonly string[]): Float64Array {
  const states = new Float64Array(3 * seeds.length);
  const hashes = new Float64Array(seeds.length).fill(initial.hash);
  const longest = seeds.reduce((n, seed) => Math.max(n, seed.length), 0);
  for (let part = 0; part < 3; part++) {
    for (let i = 0; i < longest; i++) {
      for (let k = 0; k < seeds.length; k++) {
        const code = seeds[k].charCodeAt(i);
        // Not a number beyond the end.
        if (code >= 0) hashes[k] = mashed(hashes[k], code);
      }
    }
    for (let k = 0; k < seeds.length; k++) {
      const state = initial.parts[part] - (hashes[k] >>> 0) * 2 ** -32;
      states[3 * k + part] = state < 0 ? state + 1 : state;
    }
  }
  return states;
}

/** Baagøe's hash after one more character. */
function mashed(hash: number, code: number): number {
  const sum = hash + code;
  const product = 0.02519603282416938 * sum;
  const whole = product >>> 0;
  const next = (product - whole) * whole;
  const low = next >>> 0;
  return low + (next - low) * 2 ** 32;
}

/** The hash and the three parts of a state before the seed. */
const initial = (() => {
  let hash = 0xefc8249d;
  const parts = [0, 0, 0].map(() => {
    hash = mashed(hash, 0x20);
    return (hash >>> 0) * 2 ** -32;
  });
  return { hash, parts };
})();
