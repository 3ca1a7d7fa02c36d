/** `pyroved study`: shows how far a study is, and pauses, resumes or cancels a distributed one. */
import { Command } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { queueAddress } from '../queue/address.js';
import { StudyControl } from '../queue/control.js';
import { pauseFor } from '../queue/serverQueue.js';
import { StudyFolder } from '../storage/index.js';
import { progressOf, type StudyProgress } from '../sweep/progress.js';
import { interruptible, print, say } from './messages.js';
import type { Given } from './options.js';
import { queueOption } from './queueOptions.js';

const examples = `
Examples:
  How far the sweep is, now; on a terminal, until it ends or Ctrl-C:
    $ pyroved study runs/sweep
  No further trials of a distributed sweep begin until --resume:
    $ pyroved study runs/sweep --pause`;

/** Milliseconds between two looks. */
const INTERVAL = 2000;

export function studyCommand(): Command {
  return new Command('study')
    .summary('show the state of a study')
    .description(
      'Show how many runs of a study are finished, running and waiting. A study that is distributed through a queue can be paused, resumed and cancelled from any machine that has its folder; the queue is the one it was started with, ' +
        'and user and password are those of PYROVED_QUEUE.',
    )
    .argument('<folder>', 'folder of a study: a sweep, seeds, priors or folds')
    .option('--pause', 'let running trials end, and begin no others')
    .option('--resume', 'continue after --pause')
    .option('--cancel', 'stop running trials, and remove the others from the queue')
    .option('--once', 'print the state once, also on a terminal')
    .addOption(queueOption())
    .addHelpText('after', examples)
    .action(async (folder: string, given: Given) => {
      const study = StudyFolder.open(folder);
      const actions = (['pause', 'resume', 'cancel'] as const).filter((name) => given[name] === true);
      if (actions.length > 1) throw new PyrovedError('--pause, --resume and --cancel exclude each other.');
      await using control = await controlOf(study, given, actions.length > 0);
      const [action] = actions;
      if (action && control) {
        await control[action]();
        say(
          {
            pause: 'Paused: running trials end, no others begin. To continue: --resume.',
            resume: 'Resumed.',
            cancel: `Cancelled. To start it again: pyroved sweep --resume ${folder} --queue`,
          }[action],
        );
        return;
      }
      const isLive = process.stdout.isTTY === true && given.once !== true;
      await interruptible(
        () => {},
        async (signal) => {
          for (;;) {
            const progress = progressOf(study);
            const counts = await control?.counts();
            const text = textOf(progress, counts);
            if (isLive) process.stdout.write(`\u001b[H\u001b[2J${text}\n`);
            else print(text);
            if (!isLive || signal.aborted || progress.hasResults) return;
            await pauseFor(INTERVAL, signal);
          }
        },
      );
    });
}

/** The queue of a study; undefined for a study of this machine, and for one whose queue cannot be reached if only its state is wanted. */
async function controlOf(study: StudyFolder, given: Given, isRequired: boolean): Promise<StudyControl | undefined> {
  const record = study.queueRecord();
  if (!record) {
    if (isRequired) throw new PyrovedError(`${study.path} is not distributed through a queue. Stop it with Ctrl-C.`);
    return undefined;
  }
  const { queue } = given;
  const address = queueAddress(typeof queue === 'string' ? queue : queue === true ? true : record.queue);
  return StudyControl.open(record, address);
}

function textOf(
  { kind, total, finished, failed, started, hasResults }: StudyProgress,
  counts: Awaited<ReturnType<StudyControl['counts']>> | undefined,
): string {
  const bar = `${'#'.repeat(Math.round((40 * finished) / Math.max(1, total)))}`.padEnd(40, '.');
  const rows = [
    `${kind}: ${finished} of ${total} runs finished${failed > 0 ? `, ${failed} failed` : ''}`,
    `[${bar}]`,
    ...(counts
      ? [`queue: ${counts.active} running, ${counts.waiting} waiting${counts.isPaused ? ', paused' : ''}`]
      : hasResults
        ? []
        : [`${started} started, ${total - finished - started} waiting`]),
    ...(hasResults ? ['The study has ended; see results.json and report.html.'] : []),
  ];
  return rows.join('\n');
}
