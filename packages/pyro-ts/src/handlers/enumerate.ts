/** `enumerate`: gives discrete sites all their values at once, each site along a batch dimension of its own. */
import { broadcastShapes, sizeOf } from '@pyro-ts/engine/internal';
import { EnumerationError, formatShape, OptionError, PlateError, rejectUnknownKeys } from '../errors.js';
import type { EnumeratedVariable, Message, PlateFrame, SampleMessage } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Handler } from '../runtime/stack.js';
import { DimensionClash, EnumerationAllocator, type Variables } from './enumeration/allocator.js';
import { enumerateSite } from './enumeration/enumerateSite.js';

/** The most numbers in one tensor of a site under enumeration: half a gigabyte. */
const maxEntries = 2 ** 27;

export interface EnumerateOptions {
  /** The rightmost batch dimension that is free for enumeration, negative: -1 minus the number of plate dimensions. */
  firstAvailableDim: number;
}

/** Enumerates the sites of one run, with dimensions from `allocator`. Source: `pyro.poutine.enum_messenger`. */
export class EnumerateHandler extends Handler {
  /** Number of markov contexts around each site. */
  private readonly depths = new Map<string, number>();
  /** The variables that each site's value varies with. */
  private readonly valueVariables = new Map<string, Variables>();

  constructor(
    readonly allocator: EnumerationAllocator,
    /** What the program is: a model can do less than a guide. */
    readonly role: 'guide' | 'model' | 'any' = 'any',
  ) {
    super();
  }

  override admitPlate(frame: PlateFrame): void {
    const { maxPlateNesting } = this.allocator;
    if (frame.dim === undefined || -frame.dim <= maxPlateNesting) return;
    throw new PlateError(
      `plate stack overflow: plate "${frame.name}" sits at dim ${frame.dim}, but maxPlateNesting is ${maxPlateNesting}. Dimensions left of it ` +
        `belong to enumeration. Make maxPlateNesting at least ${-frame.dim}.`,
      frame.name,
    );
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isSubsample) return;
    const visible = this.visibleVariables(message);
    const isGiven = message.isObserved || message.done || message.value !== undefined;
    if (!isGiven) this.reject(message);
    const mode = message.infer.enumerate;
    if (isGiven || mode === undefined || mode === 'sequential') this.keep(message, visible, !isGiven);
    else {
      const dim = this.allocator.choose(message.markovScope ? visible : undefined);
      this.allocator.take(dim, enumerateSite(message, dim, visible), message.markovScope === undefined);
    }
    if (message.value) checkSize(message, message.value.shape);
  }

  override postprocess(message: Message): void {
    if (message.type !== 'sample' || message.isSubsample || !message.value) return;
    const batch = message.value.shape.slice(0, message.value.rank - message.fn.eventShape.length);
    const varies = [...(message.enumeration?.variables ?? [])].filter(([dim]) => (batch[batch.length + dim] ?? 1) > 1);
    this.valueVariables.set(message.name, new Map(varies));
  }

  /** A site whose value is not enumerated here: it may have come with variables of its own, from a replayed trace. */
  private keep(message: SampleMessage, visible: Map<number, EnumeratedVariable>, isDrawn: boolean): void {
    const { variables: before, own } = message.enumeration ?? {};
    const variables = before ? joined(before, visible) : visible;
    const ownVariable = own?.dim === undefined ? undefined : before?.get(own.dim);
    if (own?.dim !== undefined && ownVariable) {
      rejectClash(variables, own.dim, ownVariable);
      variables.set(own.dim, ownVariable);
      if (this.role === 'guide') this.allocator.take(own.dim, ownVariable, message.markovScope === undefined);
    }
    message.enumeration = { variables, own, isDrawn };
  }

  /** The dimensions that the site may find in what it depends on: all global ones, and those of the names in its markov scope. */
  private visibleVariables(message: SampleMessage): Map<number, EnumeratedVariable> {
    const visible = new Map(this.allocator.globals);
    const scope = message.markovScope;
    if (scope === undefined) return visible;
    for (const [name, depth] of scope.visible) {
      // A name that fewer contexts show than were around it has left one of them.
      if (this.depths.get(name) !== depth) continue;
      for (const [dim, variable] of this.valueVariables.get(name) ?? []) {
        rejectClash(visible, dim, variable);
        visible.set(dim, variable);
      }
    }
    this.depths.set(message.name, scope.depth);
    return visible;
  }

  /** Asks of a model only what can be done in a model. */
  private reject({ name, infer }: SampleMessage): void {
    if (this.role !== 'model') return;
    if (infer.enumerate === 'sequential') {
      throw new EnumerationError(
        `At site "${name}", model-side sequential enumeration is not possible: a model's variables are summed inside one run. Use ` +
          "infer: { enumerate: 'parallel' }, or enumerate the site in the guide.",
        name,
      );
    }
    if (infer.enumerate === 'sum-and-sample' || (infer.enumerate && infer.numSamples !== undefined)) {
      const what = infer.enumerate === 'sum-and-sample' ? "enumerate: 'sum-and-sample'" : 'numSamples';
      throw new EnumerationError(
        `At site "${name}" of the model: ${what} draws values, which only a guide can do without bias. Sum the site exactly with ` +
          "infer: { enumerate: 'parallel' }, or add it to the guide.",
        name,
      );
    }
  }
}

/** All of both, which name each dimension alike. */
function joined(a: Variables, b: Variables): Map<number, EnumeratedVariable> {
  const both = new Map(a);
  for (const [dim, variable] of b) {
    rejectClash(both, dim, variable);
    both.set(dim, variable);
  }
  return both;
}

function rejectClash(visible: Variables, dim: number, { site }: EnumeratedVariable): void {
  const other = visible.get(dim)?.site;
  if (other === undefined || other === site) return;
  throw new DimensionClash(
    `Enumerated variables "${other}" and "${site}" share dim ${dim}, because their markov contexts hide one from the other, but a later site sees ` +
      'both. Give the contexts a longer history, alike in model and guide, or enumerate without markov.',
    site,
  );
}

/** Rejects a site whose value or density would not fit into memory. */
function checkSize({ name, fn }: SampleMessage, value: readonly number[]): void {
  const batch = broadcastShapes(value.slice(0, value.length - fn.eventShape.length), fn.batchShape) ?? [];
  const entries = sizeOf(batch) * sizeOf(fn.eventShape);
  if (entries <= maxEntries) return;
  throw new EnumerationError(
    `At site "${name}": enumeration would need ${entries} numbers at once, for a batch of shape ${formatShape(batch)}. Do one of:\n` +
      '  - put a chain of variables into markov(...), which recycles dimensions;\n' +
      "  - in a guide, enumerate some sites in turn: infer: { enumerate: 'sequential' };\n" +
      '  - use a smaller subsample, or let the site depend on fewer variables at once.',
    name,
  );
}

/**
 * Enumerates in parallel the sites that are marked with `infer: { enumerate: 'parallel' }` (or 'sum-and-sample'): their values get a batch
 * dimension of their own, left of all plates. Source: `pyro.poutine.enum`.
 * @example
 * const coins = () => plate('coins', 3, () => sample('k', bernoulli(0.5)));
 * enumerate(configEnumerate(coins), { firstAvailableDim: -2 })().shape // [2, 1]
 */
export const enumerate = handlerFactory((options: EnumerateOptions) => {
  rejectUnknownKeys('enumerate', options, ['firstAvailableDim']);
  const { firstAvailableDim } = options;
  if (!Number.isInteger(firstAvailableDim) || firstAvailableDim >= 0) {
    throw new OptionError(`enumerate: firstAvailableDim must be a negative integer, not ${firstAvailableDim}.`);
  }
  return new EnumerateHandler(new EnumerationAllocator(firstAvailableDim));
});
