/** `configEnumerate`: marks the sites of a program for enumeration. */
import { OptionError, rejectUnknownKeys } from '../errors.js';
import { InferConfigHandler } from '../handlers/inferConfig.js';
import type { Enumerate, InferConfig, SampleMessage } from '../runtime/messages.js';

export interface ConfigEnumerateOptions {
  /** How. With `null` nothing is marked. @default 'parallel' */
  default?: Enumerate | null;
  /** Give the enumerated values the full batch shape instead of size-1 dimensions. */
  expand?: boolean;
  /** Draw each latent site of a guide this many times, in parallel, instead of listing values; goes for sites of any distribution. */
  numSamples?: number;
  /** With 'sum-and-sample': how many of the likeliest values are summed exactly. @default 1 */
  exactClasses?: number;
}

const modes: readonly (Enumerate | null)[] = ['parallel', 'sequential', 'sum-and-sample', null];

/**
 * Marks every latent site that can be enumerated; sites that already say how are left alone. Source: `pyro.infer.config_enumerate`.
 * @example const svi = new SVI(model, configEnumerate(guide), new Adam(), new TraceEnumELBO({ maxPlateNesting: 1 }));
 */
export function configEnumerate<Args extends unknown[], Result>(
  program: (...args: Args) => Result,
  options: ConfigEnumerateOptions = {},
): (...args: Args) => Result {
  rejectUnknownKeys('configEnumerate', options, ['default', 'expand', 'numSamples', 'exactClasses']);
  const { default: mode = 'parallel', expand, numSamples, exactClasses } = options;
  if (!modes.includes(mode)) {
    throw new OptionError(
      `configEnumerate: default is "${mode}"; it must be "parallel", "sequential", "sum-and-sample" or null.`,
    );
  }
  if (numSamples !== undefined && mode !== 'parallel') {
    throw new OptionError('configEnumerate: numSamples goes with default: "parallel" only.');
  }
  if (mode === null) return program;
  const config: InferConfig = {
    enumerate: mode,
    ...(expand === undefined ? {} : { expand }),
    ...(numSamples === undefined ? {} : { numSamples }),
    ...(exactClasses === undefined ? {} : { exactClasses }),
  };
  const configOf = (site: SampleMessage): InferConfig => {
    const canBe = !site.isObserved && (numSamples !== undefined || site.fn.hasEnumerateSupport);
    return canBe && site.infer.enumerate === undefined && !site.infer.isDeterministic ? config : {};
  };
  return (...args) => new InferConfigHandler(configOf).run(() => program(...args));
}
