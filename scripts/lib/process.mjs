/** What the scripts share: where the project is, how to run a program or npm on every platform, and how to end with plain words. */
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Everything that the scripts fetch or build beside the packages' own `dist`; git ignores it and `npm ci` removes it. */
export const cache = join(root, 'node_modules', '.cache', 'pyro');

export const say = (text) => console.log(text);

/** Ends a script with a message: `main` prints it without a stack trace. */
export class Stop extends Error {}

/** Whether `url` (a script's `import.meta.url`) is the program that was started, also through a link, and not a module that another uses. */
export function isMain(url) {
  const started = process.argv[1];
  return started !== undefined && existsSync(started) && pathToFileURL(realpathSync(started)).href === url;
}

/** The exit code of a program that Ctrl-C ended. */
export const interrupted = 130;

/** Runs a script's body; a Stop, and arguments that `parseArgs` rejects, become a message and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    const isArgument = String(error?.code).startsWith('ERR_PARSE_ARGS');
    if (!(error instanceof Stop || isArgument)) throw error;
    console.error(isArgument ? `${error.message}\nAdd --help to see the options.` : error.message);
    process.exitCode = 1;
  }
}

/**
 * Runs a program to its end. The output goes to the terminal, or with `capture` comes back. Ctrl-C reaches the program itself, which may
 * save and stop in its own time; this process waits for it.
 */
export function run(command, args, { capture = false, env = {}, cwd = root, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd, shell, stdio, env: { ...process.env, ...env } });
    const wait = () => {};
    const pass = () => child.kill('SIGTERM');
    process.on('SIGINT', wait).on('SIGTERM', pass);
    const done = () => process.off('SIGINT', wait).off('SIGTERM', pass);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code, signal) => {
      done();
      resolve({ code: code ?? (signal === 'SIGINT' ? interrupted : 1), stdout, stderr });
    });
  });
}

/** Runs a JavaScript file of an installed package, or of the project, with this Node. */
export const node = (file, args, options) => run(process.execPath, [join(root, file), ...args], options);

/** Runs npm: the one that started this script, else the one that came with this Node, else the one on the path. */
export function npm(args, options) {
  const cli = npmCli();
  if (cli !== undefined) return run(process.execPath, [cli, ...args], options);
  const windows = process.platform === 'win32';
  return run(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows });
}

function npmCli() {
  const started = process.env.npm_execpath;
  if (started !== undefined && basename(started) === 'npm-cli.js' && existsSync(started)) return started;
  const bin = dirname(process.execPath);
  const places = [join(bin, 'node_modules'), join(bin, '..', 'lib', 'node_modules')];
  return places.map((place) => join(place, 'npm', 'bin', 'npm-cli.js')).find((file) => existsSync(file));
}
