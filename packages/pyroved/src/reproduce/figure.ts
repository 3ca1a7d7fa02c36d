/** What a figure of the paper is here: the runs that it needs, and how its pictures and numbers are made from them. */
import type { TrainedModel } from '../runs/loadModel.js';
import type { ReportSection } from '../viz/index.js';
import type { Plan, RunSpec } from './plan.js';

/** A number of the paper beside ours; texts, since some are ranges or statements. */
export interface ComparisonRow {
  readonly figure: string;
  readonly what: string;
  readonly paper?: string;
  /** With the paper's recipe. */
  readonly recipe?: string;
  /** With the default recipe. */
  readonly ours?: string;
}

export interface FigureResult {
  readonly section: ReportSection;
  readonly rows: readonly ComparisonRow[];
}

/** How far a run has got. */
export interface RunStatus {
  readonly epoch: number;
  readonly epochs: number;
  readonly isFinished: boolean;
  /** Accuracy on the validation images by epoch. */
  readonly curve: readonly { readonly epoch: number; readonly loss: number; readonly accuracy?: number }[];
  /** Seconds of training so far. */
  readonly seconds: number;
}

/** What a figure is made from. */
export interface FigureContext {
  readonly plan: Plan;
  /** Python for the methods that need it, if it was given. */
  readonly python?: string;
  /** The folder of the whole reproduction. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
  /** The status of a run; undefined if it has not reached its first checkpoint. */
  status(spec: RunSpec): RunStatus | undefined;
  /** The folder of a run. */
  folderOf(spec: RunSpec): string;
  /** Calls `body` with the model of a run at its last checkpoint; undefined if there is none. */
  withModel<T>(spec: RunSpec, body: (trained: TrainedModel) => Promise<T>): Promise<T | undefined>;
  /**
   * `withModel` for a measurement that takes long: the result, which must be representable in JSON, is stored and taken from there as long as the
   * run does not get further.
   */
  measured<T extends object>(
    spec: RunSpec,
    name: string,
    body: (trained: TrainedModel) => Promise<T>,
  ): Promise<T | undefined>;
}

export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly runs: (plan: Plan) => readonly RunSpec[];
  readonly make: (context: FigureContext) => Promise<FigureResult>;
}

/** "0.865" */
export const number3 = (value: number): string => value.toFixed(3);

/** A row without the entries that are not known. */
export function rowOf(
  figure: string,
  what: string,
  { paper, recipe, ours }: { paper?: string | undefined; recipe?: string | undefined; ours?: string | undefined },
): ComparisonRow {
  return {
    ...{ figure, what },
    ...(paper !== undefined && { paper }),
    ...(recipe !== undefined && { recipe }),
    ...(ours !== undefined && { ours }),
  };
}

/** " (epoch 12 of 100)" for a run that is not finished; empty otherwise. */
export function progressOf(status: RunStatus | undefined): string {
  if (!status) return ' (not trained yet)';
  return status.isFinished ? '' : ` (epoch ${status.epoch} of ${status.epochs})`;
}
