/** `pyroved robustness`: accuracy of a trained classifier under increasing disorder of the test images. */
import fs from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { PyroError } from 'pyro-ts';
import { csvText } from '../csv.js';
import {
  axisOf,
  type Condition,
  checkCondition,
  checkDisorder,
  type DisorderAxis,
  disorderNames,
  disorders,
  noiseLevels,
} from '../robustness/disorders.js';
import { disturbedImages } from '../robustness/disturbedImages.js';
import { robustnessReport, shownConditions, someOfEach } from '../robustness/report.js';
import { inOrder, measureRobustness, type Robustness, type RobustnessRequest } from '../robustness/robustness.js';
import { explained } from '../storage/errors.js';
import { writeFileAtomic } from '../storage/index.js';
import { formatPercent } from '../viz/index.js';
import { interruptible, print, say } from './messages.js';
import { addMachineOptions, atLeast, decimal, type Given, names, parsed, seedOption } from './options.js';
import { createProgress } from './progress.js';
import { addRun, withRun } from './trained.js';

/** The name of a disorder and, after "=", its value. */
function pair(text: string): [name: string, value: string | undefined] {
  const [name, value, ...rest] = text.split('=');
  if (rest.length > 0) throw new InvalidArgumentError(`Expected name=value; got "${text}".`);
  return [name.trim(), value?.trim()];
}

/** Reports errors of the library as errors of the option. */
function asArgument<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof PyroError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** "shear=14.7,angle=60" */
const condition = (text: string): Condition =>
  asArgument(() =>
    checkCondition(
      Object.fromEntries(
        names(text).map((part) => {
          const [name, value] = pair(part);
          if (value === undefined) throw new InvalidArgumentError(`Expected name=value; got "${part}".`);
          return [checkDisorder(name), decimal(value)];
        }),
      ),
    ),
  );

interface AskedAxis {
  readonly name: ReturnType<typeof checkDisorder>;
  readonly range?: readonly [number, number];
}

/** "shear", or "shear=0:30" */
function axis(text: string): AskedAxis {
  return asArgument(() => {
    const [given, value] = pair(text);
    const name = checkDisorder(given);
    if (value === undefined) return { name };
    const ends = value.split(':').map(decimal);
    if (ends.length !== 2 || !(ends[0] < ends[1])) {
      throw new InvalidArgumentError(`Expected a range such as ${name}=${disorders[name].range.join(':')}.`);
    }
    for (const end of ends) checkCondition({ [name]: end });
    return { name, range: [ends[0], ends[1]] };
  });
}

const twoAxes = (text: string): AskedAxis[] => {
  const axes = names(text).map(axis);
  if (axes.length === 2 && axes[0].name !== axes[1].name) return axes;
  throw new InvalidArgumentError('Expected two different disorders, e.g. shear,angle.');
};

const examples = `
Examples:
  Heat map over shear and angle with 16 steps each, and the confusion matrix under one condition:
    $ pyroved robustness runs/first --steps 16 --confusion shear=14.7,angle=60
  Contamination against the intensity of the contaminated pixels:
    $ pyroved robustness runs/first --over contamination,intensity --steps 11
  Your own upright images, one folder per class, with the objects' shifts switched off:
    $ pyroved robustness runs/first --labelled examples --at shift=0`;

interface RobustnessOptions {
  readonly over?: readonly AskedAxis[];
  readonly steps: number;
  readonly curves: readonly AskedAxis[];
  readonly confusion: readonly Condition[];
  readonly at?: Condition;
  readonly perClass: number;
  readonly labelled?: string;
  readonly seed: number;
  readonly out?: string;
}

export function robustnessCommand(): Command {
  const command = new Command('robustness')
    .summary('measure a trained classifier under increasing disorder')
    .description(
      `Measure the accuracy on test images with increasing ${disorderNames.join(', ')}: a heat map over any two of them, curves, and confusion ` +
        'matrices under any condition. Generated images are generated anew; your own upright images are rotated, sheared, shifted, magnified and corrupted. ' +
        'Writes robustness.json, a table and a report. The model is not changed.',
    )
    .addHelpText('after', examples);
  addRun(command)
    .addOption(
      parsed('--over <two>', 'disorders of the heat map, optionally with ranges: shear=0:30,angle=0:180', twoAxes),
    )
    .addOption(parsed('--steps <n>', 'values along each axis of the heat map', atLeast(2)).default(8))
    .addOption(
      parsed('--curves <list>', 'disorders of the curves, optionally with ranges', (text) =>
        text === 'none' ? [] : names(text).map(axis),
      ).default([{ name: 'noise' }, { name: 'contamination' }], 'noise,contamination'),
    )
    .addOption(
      parsed(
        '--confusion <condition>',
        'draw the confusion matrix under a condition, e.g. shear=14.7,angle=60 (can be repeated)',
        condition,
      )
        .argParser((text: string, before: readonly Condition[]) => [...before, condition(text)])
        .default([], 'none'),
    )
    .addOption(
      parsed(
        '--at <condition>',
        'a condition for all measurements, e.g. shift=0 (default: as in validation)',
        condition,
      ),
    )
    .addOption(parsed('--per-class <n>', 'test images per class', atLeast(1)).default(250))
    .option(
      '--labelled <folder>',
      'other upright images: one folder per class (default: the validation images of the run)',
    )
    .option('--out <folder>', "output folder (default: robustness in the run's folder)")
    .addOption(seedOption('seed of poses and corruptions'));
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    const options = given as unknown as RobustnessOptions;
    await withRun(run, given, async (trained) => {
      const request = requestOf(options);
      const measured = await withBar((hooks) => measureRobustness(trained, request, hooks));
      if (!measured) return;
      const images = await disturbedImages(trained, { ...request, perClass: 2 });
      const shown = await inOrder(shownConditions(measured), async (one) => ({
        condition: one,
        images: someOfEach(await images.at({ ...request.fixed, ...one }), 2),
      }));
      const { html, pictures } = robustnessReport(measured, run, shown);
      const folder = options.out ?? trained.run.file('robustness');
      explained(`Could not create ${folder}`, () => fs.mkdirSync(folder, { recursive: true }));
      writeFileAtomic(path.join(folder, 'robustness.json'), `${JSON.stringify(measured, null, 2)}\n`);
      writeFileAtomic(path.join(folder, 'robustness.csv'), tableOf(measured));
      for (const [name, content] of pictures) writeFileAtomic(path.join(folder, name), content);
      writeFileAtomic(path.join(folder, 'report.html'), html);
      tell(measured);
      say(`Report: ${path.join(folder, 'report.html')}`);
    });
  });
}

function requestOf({
  over,
  steps,
  curves,
  confusion,
  at,
  perClass,
  labelled,
  seed,
}: RobustnessOptions): RobustnessRequest {
  const withValues = ({ name, range }: AskedAxis, count: number): DisorderAxis => axisOf(name, count, range);
  const curve = (asked: AskedAxis): DisorderAxis =>
    asked.name === 'noise' && !asked.range ? { disorder: 'noise', values: noiseLevels(13) } : withValues(asked, 11);
  return {
    ...{ steps, conditions: confusion, perClass, seed, curves: curves.map(curve) },
    ...(over && { over: [withValues(over[0], steps), withValues(over[1], steps)] as const }),
    ...(at && { fixed: at }),
    ...(labelled !== undefined && { labelled }),
  };
}

/** Shows a progress bar. Undefined when it was interrupted. */
async function withBar(
  body: (hooks: { signal: AbortSignal; onProgress: (done: number, total: number) => void }) => Promise<Robustness>,
): Promise<Robustness | undefined> {
  let bar: ReturnType<typeof createProgress> | undefined;
  try {
    return await interruptible(say, (signal) =>
      body({
        signal,
        onProgress: (done, total) => {
          bar ??= createProgress({ start: 0, total });
          bar.update(done);
        },
      }).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      }),
    );
  } finally {
    bar?.stop();
  }
}

/** One row per measured condition: the disorders, and the accuracy. */
function tableOf({ grid, curves, conditions, fixed, accuracy }: Robustness): string {
  const rows: (Condition & { accuracy: number })[] = [
    { accuracy },
    ...grid.accuracy.flatMap((row, r) =>
      row.map((value, c) => ({
        [grid.x.disorder]: grid.x.values[c],
        [grid.y.disorder]: grid.y.values[r],
        accuracy: value,
      })),
    ),
    ...curves.flatMap(({ axis: { disorder, values }, accuracy: measured }) =>
      values.map((value, i) => ({ [disorder]: value, accuracy: measured[i] })),
    ),
    ...conditions.map(({ condition: one, accuracy: value }) => ({ ...one, accuracy: value })),
  ];
  const text = (value: number | undefined): string => (value === undefined ? '' : String(Number(value.toPrecision(6))));
  return csvText([
    [...disorderNames, 'accuracy'],
    ...rows.map(({ accuracy: value, ...row }) => [
      ...disorderNames.map((name) => text(row[name] ?? fixed[name])),
      value.toFixed(5),
    ]),
  ]);
}

function tell({ images, accuracy, grid, conditions }: Robustness): void {
  const all = grid.accuracy.flat();
  print(
    `Accuracy on ${images} images without further disorder ${formatPercent(accuracy)}; over ${grid.x.disorder} and ${grid.y.disorder} ${formatPercent(Math.min(...all))} to ${formatPercent(Math.max(...all))}.`,
  );
  for (const { condition: one, accuracy: value } of conditions) {
    const where = Object.entries(one).map(([name, v]) => `${name} ${v}`);
    print(`${where.join(', ')}: ${formatPercent(value)}`);
  }
}
