/** The command line: `pyroved find | train | evaluate | classify | gallery | encode | manifold | robustness | export | import | cross-validate | compare-priors | sweep | worker | study | studio | reproduce | demo`. */
import { Command, CommanderError } from 'commander';
import { plainText } from '../plainText.js';
import { version } from '../version.js';
import { classifyCommand } from './classify.js';
import { comparePriorsCommand } from './comparePriors.js';
import { crossValidateCommand } from './crossValidate.js';
import { demoCommand } from './demo.js';
import { encodeCommand } from './encode.js';
import { evaluateCommand } from './evaluate.js';
import { exportCommand } from './export.js';
import { findCommand } from './find.js';
import { galleryCommand } from './gallery.js';
import { importCommand } from './import.js';
import { manifoldCommand } from './manifold.js';
import { report } from './messages.js';
import { predictCommand } from './predict.js';
import { reproduceCommand } from './reproduce.js';
import { robustnessCommand } from './robustness.js';
import { interpolateCommand, straightenCommand, traverseCommand } from './rows.js';
import { studyCommand } from './showStudy.js';
import { studioCommand } from './studio.js';
import { sweepCommand } from './sweep.js';
import { trainCommand } from './train.js';
import { workerCommand } from './worker.js';

/** Error messages repeat what was typed, so control characters are removed. */
const output = { writeErr: (text: string) => void process.stderr.write(plainText(text)) };

const COMMANDS = [
  findCommand,
  trainCommand,
  evaluateCommand,
  classifyCommand,
  galleryCommand,
  encodeCommand,
  manifoldCommand,
  traverseCommand,
  interpolateCommand,
  straightenCommand,
  predictCommand,
  robustnessCommand,
  reproduceCommand,
  exportCommand,
  importCommand,
  crossValidateCommand,
  comparePriorsCommand,
  sweepCommand,
  workerCommand,
  studyCommand,
  studioCommand,
  demoCommand,
];

/**
 * Runs one command line.
 * @param args without the program's name, e.g. `['train', 'cards']`
 * @returns the exit status: 0, or 1 when the command failed, after printing the error
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const program = new Command('pyroved')
    .exitOverride()
    .configureOutput(output)
    .version(version, '-V, --version', 'print the version')
    .description(
      'Classify images of objects at arbitrary angles from a few upright labelled images, and learn how the images vary.',
    )
    .showHelpAfterError('Add --help to see the options.')
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
A first run on generated playing-card suits, a few minutes:
  $ pyroved demo
Your own images: a folder of unlabelled ones, and a folder with one folder per class:
  $ pyroved train --unlabelled micrographs --labelled examples --out runs/first
  $ pyroved classify runs/first --images micrographs --out classes.csv`,
    );
  for (const command of COMMANDS) program.addCommand(command().configureOutput(output).exitOverride());
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has already printed the help or the error.
    if (error instanceof CommanderError) return error.exitCode;
    report(error);
    return 1;
  }
}
