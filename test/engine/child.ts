/** Runs a few lines of code in a Node of its own, where the engine has not been chosen yet. */
import { spawnSync } from 'node:child_process';

export interface Child {
  /** The last line of standard output, as JSON. */
  answer: unknown;
  stdout: string;
  stderr: string;
}

/** `code` is an ES module's text; it may use `answer(value)`, `selectEngine` and `tf`. `env` is added to an environment without PYRO_ENGINE. */
export function inChild(code: string, env: Record<string, string> = {}): Child {
  const prelude = `const answer = (value) => console.log(JSON.stringify(value));
    const tf = await import('@tensorflow/tfjs');
    const { selectEngine } = await import('@pyro-ts/engine');`;
  const { PYRO_ENGINE: _, ...clean } = process.env;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', `${prelude}\n${code}`], {
    env: { ...clean, ...env },
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`the child failed: ${result.stderr}`);
  const { stdout, stderr } = result;
  return { answer: JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), stdout, stderr };
}

/** Code that answers with the choice, or with the error that was thrown. */
export const choose = (options = '') =>
  `answer(await selectEngine(${options}).catch((error) => ({ error: error.name, message: error.message })));`;

/** Code that makes `require('@tensorflow/tfjs-node')` find `file`, or nothing. */
export const withTfjsNode = (file?: string) => `
  const module = process.getBuiltinModule('node:module');
  const resolve = module._resolveFilename;
  module._resolveFilename = function (name, ...rest) {
    if (name !== '@tensorflow/tfjs-node') return resolve.call(this, name, ...rest);
    ${file === undefined ? `throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });` : `return ${JSON.stringify(file)};`}
  };`;
