/** What a sweep and its worker processes tell each other. */
import type { Machine } from '../runs/machine.js';
import type { TrialSettings } from './trial.js';

/** A training, or a part of one. */
export interface Job {
  readonly id: string;
  /** The folder of its run. */
  readonly folder: string;
  readonly settings: TrialSettings;
  readonly seed: number;
  readonly machine: Machine;
  /** Stop after this epoch, counted from 1. @default the last one */
  readonly until?: number;
}

/** To a worker. */
export type Order = { readonly do: 'run'; readonly job: Job } | { readonly do: 'stop' };

/**
 * From a worker. `saved`: the state after an epoch, counted from 1, is on disk; `error`: the training was rejected or failed with a message for the user;
 * `unwritable`: the run could not be written or read; `fault`: any other exception.
 */
export type Answer =
  | { readonly is: 'line'; readonly text: string }
  | { readonly is: 'saved'; readonly epoch: number }
  | { readonly is: 'ended' }
  | { readonly is: 'stopped' }
  | { readonly is: 'error' | 'unwritable' | 'fault'; readonly message: string };
