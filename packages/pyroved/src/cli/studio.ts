/** `pyroved studio`: the local web app, which the package pyroved-studio contributes. */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { PyrovedError } from 'pyroved-ts';
import { print, say } from './messages.js';
import { atLeast, type Given, parsed } from './options.js';

/** Named here and not imported, since that package depends on this one. */
const STUDIO = 'pyroved-studio';

/** What is used of the package. */
interface StudioModule {
  startStudio(options: {
    readonly folder: string;
    readonly program: string;
    readonly port?: number;
  }): Promise<{ readonly address: string; close(): Promise<void> }>;
}

const isStudio = (module: object): module is StudioModule =>
  'startStudio' in module && typeof module.startStudio === 'function';

export function studioCommand(): Command {
  return new Command('studio')
    .summary('look at runs, train, label and classify in a browser')
    .description(
      'Serve a web app on this machine: runs and their curves, trainings started and stopped, the latent space, labelling. Nothing can be reached from other ' +
        'machines, and the printed address contains a token without which nothing is answered. Requires the package pyroved-studio.',
    )
    .argument('[folder]', 'a run, or a folder that contains runs', 'runs')
    .addOption(parsed('--port <n>', 'port (default: a free one)', atLeast(1)))
    .action(async (folder: string, given: Given) => {
      const { port } = given as { port?: number };
      const program = fileURLToPath(new URL('../../bin/pyroved.js', import.meta.url));
      const studio = await (await loadStudio()).startStudio({
        folder,
        program,
        ...(port !== undefined && { port }),
      });
      print(studio.address);
      say(
        'Open this address in a browser. Ctrl-C ends the studio; trainings that it has started save their state and stop.',
      );
      await untilInterrupted();
      await studio.close();
    });
}

async function loadStudio(): Promise<StudioModule> {
  try {
    const module: object = await import(STUDIO);
    if (isStudio(module)) return module;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new PyrovedError(`The studio requires the package ${STUDIO}. Install it: npm install ${STUDIO}`);
  }
  throw new PyrovedError(`The installed ${STUDIO} does not fit this version of pyroved. Update both.`);
}

/** Resolves at Ctrl-C or SIGTERM; a second one ends the process at once. */
const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
