/** A trial of a sweep: one training, identified by everything that determines its numbers. */
import { createHash } from 'node:crypto';
import type { MachineRecord } from '../runs/machine.js';
import type { TrainRequest } from '../runs/train.js';
import { canonical } from '../sources/contentHash.js';
import type { Source } from '../sources/source.js';
import { versions } from '../version.js';

/** What one configuration of a sweep is trained with. */
export type TrialSettings = Pick<TrainRequest, 'model' | 'train' | 'preprocess' | 'recipe'> & {
  readonly source: Source;
};

/** A configuration: the varied options with their values, and the settings that they give. */
export interface Configuration {
  /** E.g. `{ 'latent-dim': '3' }`. */
  readonly values: Readonly<Record<string, string>>;
  readonly settings: TrialSettings;
}

export interface Trial {
  /** Content hash: equal for trials of the same settings, seed, data, machine and version. */
  readonly id: string;
  /** Index of its configuration. */
  readonly configuration: number;
  readonly seed: number;
}

/** What distinguishes trials beside configuration and seed. */
export interface TrialContext {
  /** See `contentHash`. */
  readonly data: string;
  readonly machine: MachineRecord;
}

/** The trials of all configurations with all seeds: the first seed of all configurations first, so that they can be compared early. */
export const trialsOf = (
  configurations: readonly Configuration[],
  seeds: readonly number[],
  contextOf: (configuration: Configuration) => TrialContext,
): Trial[] => {
  const contexts = configurations.map(contextOf);
  return seeds.flatMap((seed) =>
    configurations.map(({ settings }, configuration) => ({
      id: idOf(settings, seed, contexts[configuration]),
      configuration,
      seed,
    })),
  );
};

function idOf({ source, ...settings }: TrialSettings, seed: number, { data, machine }: TrialContext): string {
  const { pyroved } = versions();
  const content = canonical({ settings, seed, data, machine, pyroved });
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
