/** `pyroved find`: the objects of micrographs as a table, with a picture of each micrograph. */
import { Command } from 'commander';
import type { LocateOptions } from 'pyroved-data';
import { findInMicrographs } from '../runs/index.js';
import { formatCount } from '../viz/index.js';
import { interruptible, say, sayProblems } from './messages.js';
import { limits, micrographOptions, micrographSettings, threadsOption } from './micrographTable.js';
import { type Given, group } from './options.js';

export function findCommand(): Command {
  const command = new Command('find')
    .summary('find the objects in micrographs')
    .description(
      'Subtract the uneven background, find the objects of each micrograph, split touching ones, and write a table with their positions and sizes in pixels and ' +
        'in units (objects.csv), and a picture of each micrograph with what was found. Remove, add, move and label objects in the table, and use it with ' +
        '--objects in train and classify. The first pixel is at 0; angles are the long axis in degrees counter-clockwise.',
    )
    .argument('<micrograph...>', 'image files, or folders of them')
    .option('--out <folder>', 'output folder', 'found')
    .option('--parquet', 'also write objects.parquet (requires the package hyparquet-writer)')
    .option('--no-pictures', 'do not draw pictures')
    .option('--resume', 'continue where the same command was stopped')
    .addOption(threadsOption());
  group(
    command,
    'Objects:',
    [...micrographOptions(), ...limits()].map(({ option }) => option),
  );
  return command.action(async (paths: string[], given: Given) => {
    const { out, parquet, pictures, resume } = given as { out: string } & Record<string, boolean | undefined>;
    const { workers } = given as { readonly workers?: number };
    await interruptible(say, async (signal) => {
      const found = await findInMicrographs(
        paths,
        { ...(micrographSettings(given) as LocateOptions), out, parquet, pictures, resume, workers },
        { say, signal },
      );
      sayProblems(found.problems);
      say(
        `${formatCount(found.objects)} objects in ${formatCount(found.micrographs)} micrograph(s). Table: ${found.table}`,
      );
    });
  });
}
