/** Schedules the loops of a nest on vectors of four: which loop is vectorised, and which are tiled. */
import { functions } from '../functions.js';
import type { Nest, NestPlace } from './nest.js';

/** One scheduled loop. */
export interface ScheduledLoop {
  readonly loop: number;
  /** Size of a tile, whose iterations are unrolled. */
  readonly tile: number;
}

export interface Schedule {
  /** The vectorised loop. */
  readonly lanes: number;
  /** From the outermost; the vectorised loop counts vectors. */
  readonly loops: readonly ScheduledLoop[];
  /** Whether lanes are reduced at the end. */
  readonly isFolded: boolean;
}

/** Cost of loading or storing four numbers that are not adjacent, in units of a load of four adjacent ones. */
const SCATTERED = 6;
/** Bodies of at most this cost benefit from tiles, which save loads and let sums overlap. */
const LIGHT = 6;

/** Undefined if no loop is long enough. */
export function scheduleOf(nest: Nest): Schedule | undefined {
  const { extents, outer } = nest;
  const candidates = extents.flatMap((extent, loop) => (extent >= 4 ? [{ loop, cost: costAlong(nest, loop) }] : []));
  if (candidates.length === 0) return undefined;
  const { loop: lanes } = candidates.reduce((a, b) => (b.cost < a.cost ? b : a));
  const isFolded = lanes >= outer;
  const others = extents.map((_, loop) => loop).filter((loop) => loop !== lanes);
  const plain = (loop: number): ScheduledLoop => ({ loop, tile: 1 });
  const [outside, inside] = [others.filter((l) => l < outer), others.filter((l) => l >= outer)];
  if (!nest.fold || bodyCost(nest) > LIGHT) {
    // A nest without a reduction runs in the order of its result.
    const loops = nest.fold
      ? [...outside, ...(isFolded ? [] : [lanes]), ...inside, ...(isFolded ? [lanes] : [])]
      : extents.map((_, loop) => loop);
    return { lanes, loops: loops.map(plain), isFolded };
  }
  const rows = longest(extents, outside);
  const columns = isFolded
    ? longest(
        extents,
        outside.filter((l) => l !== rows),
      )
    : undefined;
  const free = outside.filter((l) => l !== rows && l !== columns);
  const vectors = isFolded ? 1 : tileOf(Math.floor(extents[lanes] / 4), rows === undefined ? 6 : 2);
  const tiled = (loop: number | undefined, most: number): ScheduledLoop[] =>
    loop === undefined ? [] : [{ loop, tile: tileOf(extents[loop], most) }];
  return {
    lanes,
    isFolded,
    loops: [
      ...free.map(plain),
      ...(isFolded ? tiled(columns, 2) : [{ loop: lanes, tile: vectors }]),
      ...tiled(rows, 4),
      ...inside.map(plain),
      ...(isFolded ? [plain(lanes)] : []),
    ],
  };
}

/** The largest tile that repeats at most an eighth of the iterations: the last tile starts early rather than ending late. */
function tileOf(extent: number, most: number): number {
  let best = 1;
  for (let tile = 2; tile <= Math.min(most, extent); tile++) {
    if (Math.ceil(extent / tile) * tile - extent <= extent / 8) best = tile;
  }
  return best;
}

const longest = (extents: readonly number[], loops: readonly number[]): number | undefined =>
  loops.length === 0 ? undefined : loops.reduce((a, b) => (extents[b] > extents[a] ? b : a));

/** Cost of the loads and stores per number if `loop` is vectorised. */
function costAlong(nest: Nest, loop: number): number {
  const { extents, outer, statements, to, fold } = nest;
  const extent = extents[loop];
  const vectors = Math.ceil(extent / 4);
  const weight = (place: NestPlace): number => {
    const step = place.steps[loop];
    return step === 0 || step === 1 ? 1 : SCATTERED;
  };
  const loads = statements.reduce((sum, s) => sum + (s.kind === 'load' ? weight(s.place) : 0), bodyCost(nest));
  const folded = extents.slice(outer).reduce((a, b) => a * b, 1);
  const isFolded = loop >= outer;
  const store = isFolded ? SCATTERED : weight(to);
  const rounds = isFolded ? folded / extent : folded;
  // Per vector of entries of the result: a sum over lanes gives only one entry.
  const total = (fold ? rounds * loads * vectors : loads * vectors) + (isFolded ? store : store * vectors);
  return total / (extent * rounds);
}

/** Cost of the statements that are not loads. */
export const bodyCost = ({ statements }: Nest): number =>
  statements.reduce((sum, s) => sum + (s.kind === 'map' ? functions[s.fn].cost : 0), 0);
