/** The paper's card experiment with default options, compared with a plain classifier and a model without rotation latents. */
import { cardsConfig } from 'pyroved-data/internal';
import type { ModelSettings } from '../kinds/index.js';
import type { RunSummary } from './finish.js';
import type { RunHooks } from './hooks.js';
import { type Machine, startMachine } from './machine.js';
import type { RunResult } from './runToEnd.js';
import { trainRun } from './train.js';

export interface DemoRequest extends Machine {
  /** The run's folder; the baseline's has the suffix `-baseline`. */
  readonly folder: string;
  readonly preset?: 'paper' | 'small';
  readonly seed?: number;
  readonly epochs?: number;
}

/** The content of the demo's `summary.json`. */
export interface DemoSummary extends RunSummary {
  readonly preset: string;
  readonly baselineAccuracy: number;
  /** Total wall-clock time, including the baseline and the pictures. */
  readonly totalSeconds: number;
}

export interface DemoResult {
  /** The run of the model, or of the baseline if the demo was stopped during the baseline. */
  readonly run: RunResult;
  /** Absent if the demo was stopped. */
  readonly summary?: DemoSummary;
}

/** Passes over the unlabelled images: enough for the latent map and the pictures; recognition converges earlier. */
const sizes = { paper: { epochs: 4 }, small: { epochs: 20 } } as const;

/** The baseline: the paper's model without rotation, on the same images. It does not improve after a few passes. */
const BASELINE = {
  model: { recognition: false, invariances: ['t'], pixels: 288, enumerate: 'sum-and-sample' },
  epochs: { paper: 2, small: 20 },
} as const satisfies { model: ModelSettings; epochs: Record<string, number> };

export const baselineLabel = 'same images, without rotation latents';

/** Trains the model with default options and its baseline, and writes both runs, the summary and the report. `onPart` is called before each of them. */
export async function runDemo(
  request: DemoRequest,
  hooks: RunHooks & { onPart?: (name: string) => void } = {},
): Promise<DemoResult> {
  const started = performance.now();
  const { folder, preset = 'paper', seed = 1, epochs = sizes[preset].epochs, ...machine } = request;
  const { onPart, ...rest } = hooks;
  const shared = {
    ...machine,
    source: { kind: 'cards' as const, ...cardsConfig({ preset, seed }) },
    seed,
    overwrite: true,
  };
  // An unavailable engine or kernel is rejected before anything is printed.
  (await startMachine(machine))[Symbol.dispose]();
  onPart?.('1 of 2: default options (recognition of class and pose)');
  const run = await trainRun({ ...shared, folder, train: { epochs } }, rest);
  if (!run.summary) return { run };
  onPart?.(`2 of 2: ${baselineLabel}`);
  const base = await trainRun(
    {
      ...shared,
      folder: `${folder}-baseline`,
      model: BASELINE.model,
      train: { epochs: Math.min(epochs, BASELINE.epochs[preset]) },
    },
    rest,
  );
  if (!base.summary) return { run: base };
  const summary: DemoSummary = {
    ...run.summary,
    preset,
    baselineAccuracy: base.summary.accuracy as number,
    totalSeconds: (performance.now() - started) / 1000,
  };
  run.folder.writeSummary(summary);
  return { run, summary };
}
