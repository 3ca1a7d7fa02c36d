/** `pyroved sweep`: many trainings with varied options, compared. */
import { Argument, Command, Option } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import {
  resumeSweep,
  runSweep,
  type SweepMachine,
  type SweepMetric,
  type SweepOutcome,
  sweepMetrics,
} from '../runs/index.js';
import { rankTable } from '../sweep/sweepReport.js';
import { aligned } from './aligned.js';
import { kindTable } from './kindTable.js';
import { interruptible, print, say } from './messages.js';
import {
  addMachineOptions,
  atLeast,
  type Given,
  machineOf,
  parsed,
  picked,
  seedOption,
  seedsOption,
} from './options.js';
import {
  allowMixedOption,
  maxHoursOption,
  maxTrialsOption,
  queueOption,
  resumable,
  storageOption,
  sweepQueueOf,
} from './queueOptions.js';
import { addSettings } from './settings.js';
import { withShortHelp } from './shortHelp.js';
import { addSourceOptions } from './sources.js';
import { addRunSettings, rejectWithResume } from './study.js';
import { configurationsOf, isSpecFile, readSpec, type Search, type SweepSpec, searches, varied } from './sweepSpec.js';

const examples = `
Values: a list (1,2,5), range(low, high, count), logrange(low, high, count) or integers(low, high); bounds may be expressions such as 10^-4.

Examples:
  A grid of six configurations with three seeds each:
    $ pyroved sweep cards --preset small --vary latent-dim=1,2,5 --vary "lr=logrange(10^-4, 10^-3, 2)" --seeds 3
  Thirty random configurations, of which the best third goes on after epochs 2, 6 and 18:
    $ pyroved sweep micrographs --vary "lr=logrange(1e-4, 1e-2)" --vary "dropout=range(0, 0.5)" --search halving --trials 30 --first-epochs 2
  The same from a file, with the entries source, options, vary, search, trials, seeds and metric:
    $ pyroved sweep sweep.yaml --out runs/sweep
  With workers on other machines (pyroved worker), and the password of the queue in PYROVED_QUEUE:
    $ pyroved sweep sweep.yaml --queue --storage /shared/studies
  Continue after Ctrl-C or a crash:
    $ pyroved sweep --resume runs/sweep`;

export function sweepCommand(): Command {
  const command = new Command('sweep')
    .summary('train with varied options and compare')
    .description(
      'Train every configuration of a grid, random ones, or the best by successive halving, with several seeds, in worker processes on this machine or on others (--queue). Writes a ' +
        'run folder per trial, tables, charts and a report. Ctrl-C saves and stops; continue with --resume.',
    )
    .addArgument(new Argument('[source]', 'a specification (.yaml, .json), or images as for train: a name or a folder'))
    .addOption(
      new Option('--vary <name=values>', 'an option of train and its values; repeat for several').argParser(varied),
    )
    .addOption(
      new Option(
        '--search <how>',
        'grid: all combinations; random: --trials of them; halving: only the best go on, of the grid or of --trials random ones (default: grid; random with --trials)',
      ).choices(searches),
    )
    .addOption(parsed('--trials <n>', 'number of random configurations (default: 20)', atLeast(1)))
    .addOption(seedsOption('seeds per configuration: 3 for seeds 1 to 3, or a list such as 2,5,7 (default: 1)'))
    .addOption(
      new Option('--metric <name>', 'compare by (default: accuracy if there are labels, else loss)').choices(
        Object.keys(sweepMetrics),
      ),
    )
    .addOption(parsed('--factor <n>', 'halving: one of this many configurations goes on (default: 3)', atLeast(2)))
    .addOption(parsed('--first-epochs <n>', 'halving: epoch of the first comparison (default: 1)', atLeast(1)))
    .addOption(parsed('--workers <n>', 'worker processes (default: as many as cores and memory allow)', atLeast(1)))
    .option('--out <folder>', 'output folder (default: runs/sweep)')
    .option('--resume <folder>', 'continue a sweep that was stopped or killed; failed trials are tried again')
    .option('--overwrite', 'replace an existing study')
    .addOption(seedOption('seed of the images and of the random search'))
    .addOption(maxHoursOption())
    .addOption(maxTrialsOption())
    .addOption(queueOption())
    .addOption(storageOption())
    .addOption(allowMixedOption())
    .addHelpText('after', examples);
  const own = command.options.map((option) => option.name());
  addSourceOptions(command);
  addSettings(command, 'Kind of model:', kindTable);
  addRunSettings(command);
  addMachineOptions(command);
  withShortHelp(command, [...own, 'unlabelled', 'labelled', 'labels', 'epochs', 'kernel', 'threads']);
  return command.action(async (word: string | undefined, given: Given) => {
    tellEnd(await interruptible(say, (signal) => sweep(word, given, command, { signal, say })));
  });
}

interface Hooks {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

async function sweep(word: string | undefined, given: Given, command: Command, hooks: Hooks): Promise<SweepOutcome> {
  const { resume } = given;
  if (resume !== undefined) rejectWithResume(word, command, [...resumable, 'workers']);
  const queue = await sweepQueueOf(given, resume === undefined ? undefined : String(resume));
  const how = {
    ...machineOf(given),
    ...(picked(given, ['workers', 'maxHours', 'maxTrials']) as Pick<
      SweepMachine,
      'workers' | 'maxHours' | 'maxTrials'
    >),
    ...(queue && { queue }),
  };
  if (resume !== undefined) return resumeSweep(String(resume), how, hooks);
  const spec = specOf(word, given);
  if (spec.search === 'grid' && spec.trials !== undefined)
    throw new PyrovedError('A grid has all combinations; omit trials, or search at random.');
  const halving = { factor: given.factor as number | undefined, epochs: given.firstEpochs as number | undefined };
  if (spec.search !== 'halving' && (halving.factor ?? halving.epochs) !== undefined)
    throw new PyrovedError('--factor and --first-epochs require --search halving.');
  const { seeds, metric } = spec;
  return runSweep(
    {
      ...how,
      folder: String(given.out ?? 'runs/sweep'),
      configurations: configurationsOf(spec, command, given.seed as number),
      overwrite: given.overwrite === true,
      ...(seeds !== undefined && { seeds }),
      ...(metric && { metric }),
      ...(spec.search === 'halving' && { halving: defined(halving) }),
    },
    hooks,
  );
}

/** The specification of the file, if there is one, with what the command line adds or changes. */
function specOf(word: string | undefined, given: Given): SweepSpec {
  const {
    vary = {},
    search,
    trials,
    seeds,
    metric,
  } = given as {
    vary?: SweepSpec['vary'];
    search?: Search;
    trials?: number;
    seeds?: number | number[];
    metric?: SweepMetric;
  };
  const file: SweepSpec = isSpecFile(word)
    ? readSpec(word)
    : { ...(word !== undefined && { source: word }), options: {}, vary: {} };
  return {
    ...file,
    vary: { ...file.vary, ...vary },
    ...defined({ search, trials, seeds, metric }),
  };
}

function tellEnd({ folder, result, stopped }: SweepOutcome): void {
  if (stopped || !result) {
    say(`Stopped. To continue: pyroved sweep --resume ${folder.path}${folder.queueRecord() ? ' --queue' : ''}`);
    return;
  }
  const table = rankTable(result, Object.keys(result.configurations[0].values));
  print(aligned([table.header, ...table.rows]));
  say(`Table: ${folder.file('table')}. Report: ${folder.file('report')}`);
  const failed = result.trials.filter(({ state }) => state === 'failed').length;
  if (failed > 0)
    throw new PyrovedError(
      `${failed} of ${result.trials.length} trials failed; their logs are in ${folder.file('logs')}. To try them again: pyroved sweep --resume ${folder.path}`,
    );
}
