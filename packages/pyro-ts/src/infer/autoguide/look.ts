/** One look at a model: its latent sites, from runs that nothing around it notices. */
import type * as tf from '@tensorflow/tfjs';
import { ModelGuideError } from '../../errors.js';
import { block } from '../../handlers/block.js';
import { seed } from '../../handlers/seed.js';
import { trace } from '../../handlers/trace.js';
import { plate } from '../../primitives/plate.js';
import type { PlateFrame } from '../../runtime/messages.js';
import { currentStream } from '../../runtime/seed.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import type { InferenceProgram } from '../elbo/elbo.js';

/** The elements that a call is about, by the name of the plate. */
export type ChosenElements = Readonly<Record<string, tf.Tensor1D | readonly number[]>>;

interface Look {
  readonly runs: number;
  readonly wanted: (name: string) => boolean;
  /** Whether the guide is told which elements a plate has where the model is. */
  readonly subsampleIsGiven: boolean;
}

/** The latent sites of each of some runs of the model. What is around it sees its parameters and nothing else. */
export function latentSites<Args extends unknown[]>(
  model: InferenceProgram<Args>,
  args: Args,
  { runs, wanted, subsampleIsGiven }: Look,
): SampleSite[][] {
  return Array.from({ length: runs }, () => {
    const found = block.with({ exposeTypes: ['param'] }, () =>
      seed.with(currentStream('autoguide'), () => trace(model).getTrace(...args)),
    );
    const sites = found.latentSites.filter((site) => wanted(site.name));
    if (!subsampleIsGiven) for (const site of sites) rejectGivenSubsample(site, found);
    return sites;
  });
}

/** A plate that the model was told the elements of leaves no choice in the trace for the guide to share. */
function rejectGivenSubsample({ name, frames }: SampleSite, found: Trace): void {
  const known = frames.find((f) => f.dim !== undefined && f.size !== f.fullSize && !found.has(f.name));
  if (!known) return;
  throw new ModelGuideError(
    `Site "${name}" is in plate "${known.name}", whose elements the model is given as indices, so that an autoguide cannot know them. Give it ` +
      `the option subsample: (...args) => ({ '${known.name}': indices }).`,
    name,
  );
}

/** Runs `body` inside the vectorised plates of a site, outermost first. */
export function inPlates<R>(frames: readonly PlateFrame[], chosen: ChosenElements | undefined, body: () => R): R {
  const [first, ...rest] = frames.filter((f) => f.dim !== undefined);
  if (!first) return body();
  const { name, fullSize, size } = first;
  const dim = first.dim as number;
  const inner = () => inPlates(rest, chosen, body);
  if (fullSize < 0) return plate(name, undefined, { dim }, inner);
  const which = chosen && Object.hasOwn(chosen, name) ? { subsample: chosen[name] } : { subsampleSize: size };
  return plate(name, fullSize, { ...which, dim }, inner);
}

/** The batch shape of a site with the full size of plates that subsample. */
export function fullBatchShape(batchShape: readonly number[], frames: readonly PlateFrame[]): number[] {
  const shape = [...batchShape];
  for (const { dim, fullSize } of frames) if (dim !== undefined && fullSize >= 0) shape[shape.length + dim] = fullSize;
  return shape;
}
