/** `inferDiscrete`: a program whose discrete variables take values from their posterior. */
import { OptionError, rejectUnknownKeys } from '../errors.js';
import { EnumerateHandler } from '../handlers/enumerate.js';
import { EnumerationAllocator, recyclingWherePossible } from '../handlers/enumeration/allocator.js';
import { InferConfigHandler } from '../handlers/inferConfig.js';
import { trace } from '../handlers/trace.js';
import type { InferConfig, SampleMessage } from '../runtime/messages.js';
import { currentStream } from '../runtime/seed.js';
import { Trace } from '../runtime/trace.js';
import { warn, warningsOf } from '../runtime/warn.js';
import { posteriorValues } from './enumeration/posterior.js';
import { apart, PosteriorHandler } from './enumeration/rerun.js';

export interface InferDiscreteOptions {
  /** The rightmost batch dimension that is free for enumeration, negative: -1 minus the number of plate dimensions. */
  firstAvailableDim: number;
  /** 1: draw jointly from the posterior. 0: take the likeliest joint value (of equally likely ones the first). @default 1 */
  temperature?: 0 | 1;
  /** Warn where no site is marked for enumeration. @default true */
  strictEnumerationWarning?: boolean;
}

/**
 * `program` with the values of all sites that are marked for enumeration drawn from their joint posterior given the observations, or set to the
 * likeliest joint value. Masks count, scales do not. Other latent sites keep the value of a first run, so that all values belong together; the
 * log-probabilities of the result's trace mean nothing. Values are constants: no gradient passes. Source: `pyro.infer.infer_discrete`.
 * @example
 * const mixture = (x: number[]) => plate('data', x.length, () => {
 *   const z = sample('z', categorical([0.5, 0.5]));
 *   sample('x', normal(z.mul(3), 1), { obs: x });
 *   return z;
 * });
 * inferDiscrete(configEnumerate(mixture), { firstAvailableDim: -2, temperature: 0 })([0.1, 2.8, 3.3]) // [0, 1, 1]
 */
export function inferDiscrete<Args extends unknown[], Result>(
  program: (...args: Args) => Result,
  options: InferDiscreteOptions,
): (...args: Args) => Result {
  rejectUnknownKeys('inferDiscrete', options ?? {}, ['firstAvailableDim', 'temperature', 'strictEnumerationWarning']);
  const { firstAvailableDim, temperature = 1, strictEnumerationWarning = true } = options ?? {};
  if (!Number.isInteger(firstAvailableDim) || firstAvailableDim >= 0) {
    throw new OptionError(
      `inferDiscrete: firstAvailableDim must be a negative integer, -1 minus the number of plate dimensions, not ${firstAvailableDim}.`,
    );
  }
  if (temperature !== 0 && temperature !== 1) {
    throw new OptionError(`inferDiscrete: temperature must be 0 (likeliest value) or 1 (draw), not ${temperature}.`);
  }
  return (...args) => {
    const stream = currentStream('inferDiscrete');
    const first = recyclingWherePossible((isRecycling) =>
      apart(stream, () =>
        trace.with(() =>
          new EnumerateHandler(new EnumerationAllocator(firstAvailableDim, isRecycling), 'model').run(() =>
            new InferConfigHandler(allAtOnce).run(() => program(...args)),
          ),
        ),
      ),
    );
    if (strictEnumerationWarning && !first.sampleSites.some((site) => site.enumeration?.own)) {
      warningsOf(program, () =>
        warn(
          'inferDiscrete found no sample sites that are marked for enumeration. Mark them with configEnumerate or infer: { enumerate: "parallel" }.',
        ),
      );
    }
    const values = posteriorValues(first, new Trace(), temperature, stream.fork('posterior'));
    return new PosteriorHandler(first, values).run(() => program(...args));
  };
}

/** However a site asks to be enumerated, here all its values are needed at once. */
const allAtOnce = ({ infer }: SampleMessage): InferConfig =>
  infer.enumerate ? { enumerate: 'parallel', numSamples: undefined } : {};
