/** The main job in one call: the paper's card experiment with default options, beside a plain network and a model without rotation latents. */
import { cardsConfig } from 'pyroved-data';
import type { ModelSettings } from '../kinds/index.js';
import type { RunSummary } from './finish.js';
import type { RunHooks } from './hooks.js';
import { type Machine, startMachine } from './machine.js';
import type { RunResult } from './runToEnd.js';
import { trainRun } from './train.js';

export interface DemoRequest extends Machine {
  /** The run's folder; the baseline's is beside it. */
  readonly folder: string;
  readonly preset?: 'paper' | 'small';
  readonly seed?: number;
  readonly epochs?: number;
}

/** What `summary.json` of the demo holds. */
export interface DemoSummary extends RunSummary {
  readonly preset: string;
  readonly baselineAccuracy: number;
  /** Wall-clock time of everything, the baseline and the pictures too. */
  readonly totalSeconds: number;
}

export interface DemoResult {
  /** The run of the model, or of the baseline where the demo was stopped in it. */
  readonly run: RunResult;
  /** Absent where the demo was stopped. */
  readonly summary?: DemoSummary;
}

/** Passes over the unlabelled images: enough for a latent map and pictures; classes and poses are recognised well before. */
const sizes = { paper: { epochs: 4 }, small: { epochs: 20 } } as const;

/** The baseline sees the same images; it is the paper's model but for the rotation, and stays where it is after a few passes. */
const BASELINE = {
  model: { recognition: false, invariances: ['t'], pixels: 288, enumerate: 'sum-and-sample' },
  epochs: { paper: 2, small: 20 },
} as const satisfies { model: ModelSettings; epochs: Record<string, number> };

export const baselineLabel = 'the same images, without rotation latents';

/** Trains the model with default options, then its baseline, and writes both runs, the summary and the report. `onPart` says which of the two begins. */
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
  // A machine that does not exist is rejected before anything is printed.
  (await startMachine(machine))[Symbol.dispose]();
  onPart?.('1 of 2: class and pose recognised, with default options');
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
