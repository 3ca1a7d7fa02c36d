/** Starts the server on the loopback interface of this machine. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { RunFolder } from 'pyroved';
import { Analyses } from './analysis/analyses.js';
import { StudioError } from './errors.js';
import { RunEvents } from './events.js';
import { Pages } from './pages.js';
import { routes } from './routes.js';
import { RunLibrary } from './runLibrary.js';
import { Trainings } from './trainings.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

export interface StudioOptions {
  /** A run, or a folder that contains runs; created if it does not exist. */
  readonly folder: string;
  /** The file of the `pyroved` command, which trainings are started with. */
  readonly program: string;
  /** @default a free port */
  readonly port?: number;
  /** The built page. @default that of this package */
  readonly pages?: string;
}

/** A running studio. */
export interface Studio {
  /** Where to open it, with the token. */
  readonly address: string;
  readonly port: number;
  readonly token: string;
  /** Stops the trainings that it has started, which save their state, and the server. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/**
 * Serves the studio to browsers on this machine.
 * @throws {StudioError} when the port is taken, or the page is not built.
 * @example
 * const studio = await startStudio({ folder: 'runs', program: 'node_modules/pyroved/bin/pyroved.js' });
 * console.log(studio.address);
 */
export async function startStudio({ folder, program, port = 0, pages: built }: StudioOptions): Promise<Studio> {
  const whole = path.resolve(folder);
  if (fs.existsSync(whole) && !fs.statSync(whole).isDirectory())
    throw new StudioError(`${folder} is a file. Name a run, or a folder that contains runs.`);
  const pages = new Pages(built);
  if (!pages.read('/'))
    throw new StudioError('The page of the studio is not built. Install the package anew, or run: npm run build');
  const library = new RunLibrary(whole);
  const trainings = new Trainings(program, process.cwd());
  const events = new RunEvents(library, trainings);
  const analyses = new Analyses();
  const token = randomBytes(32).toString('base64url');
  const run = RunFolder.isIn(whole) ? { run: library.places()[0].id } : {};
  let listening = port;
  const app = routes(
    { library, trainings, events, pages, analyses, info: { version, folder: whole, ...run } },
    token,
    () => listening,
  );
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  listening = await new Promise<number>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new StudioError(`Port ${port} is taken by another program. Choose another port, or omit --port.`)
          : error,
      ),
    );
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
  return {
    // Browsers send the part behind # to no server, and it appears in no log.
    address: `http://${LOOPBACK}:${listening}/#token=${token}`,
    port: listening,
    token,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      analyses.close();
      await trainings.close();
      await closed;
    },
  };
}
