#!/usr/bin/env node
/** The command line: `pyroved train | evaluate | classify | encode | manifold | demo`. */
import { Command } from 'commander';
import { classifyCommand } from './classify.js';
import { demoCommand } from './demo.js';
import { encodeCommand } from './encode.js';
import { evaluateCommand } from './evaluate.js';
import { manifoldCommand } from './manifold.js';
import { report } from './messages.js';
import { trainCommand } from './train.js';

const program = new Command('pyroved')
  .description(
    'Classifies images of objects that lie at any angle, from a few labelled images that lie straight, and shows what varies among them.',
  )
  .showHelpAfterError('Add --help to see what there is.')
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

for (const command of [trainCommand, evaluateCommand, classifyCommand, encodeCommand, manifoldCommand, demoCommand]) {
  program.addCommand(command());
}

program.parseAsync().catch((error: unknown) => {
  report(error);
  process.exitCode = 1;
});
