/** Runs lines over what a script exports, in a Node of their own: the scripts are plain JavaScript, and some print or set an exit code. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `code` sees the exports of `file` (a path from the root) as `script`. */
export function runScript(file: string, code: string, env: Record<string, string> = {}): Ended {
  const url = JSON.stringify(pathToFileURL(join(root, file)).href);
  return spawnSync(process.execPath, ['--input-type=module', '-e', `const script = await import(${url}); ${code}`], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

/** The exports of a script (a path from the root), loaded here: for functions that neither print nor set an exit code. T says what they are. */
export async function loadScript<T>(file: string): Promise<T> {
  return await import(pathToFileURL(join(root, file)).href);
}

/** The value of an expression over `script`; undefined becomes null. */
export function evaluate(file: string, expression: string, env: Record<string, string> = {}): unknown {
  const { stdout, stderr } = runScript(file, `console.log(JSON.stringify(${expression}) ?? 'null')`, env);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}
