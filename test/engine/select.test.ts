/** Which engine is chosen, what is said about it, and what is rejected. Each choice is made in a process of its own. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError, selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { processTest } from '../slow.js';
import { choose, inChild, withTfjsNode } from './child.js';

const nodeModules = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'node_modules');
mkdirSync(join(nodeModules, '.cache'), { recursive: true });
const scratch = mkdtempSync(join(nodeModules, '.cache', 'engine-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function writeModule(name: string, text: string): string {
  const file = join(scratch, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe('the choice left open', () => {
  processTest('is wasm where tfjs-node is not installed, and says so', () => {
    const { answer, stderr } = inChild(withTfjsNode() + choose());
    expect(answer).toEqual({
      name: 'wasm',
      reason: '@tensorflow/tfjs-node is not installed',
      line: 'Engine wasm: @tensorflow/tfjs-node is not installed.',
    });
    expect(stderr).toBe('');
  });

  processTest('is wasm where tfjs-node has no binary or does not load', () => {
    const text = 'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x. \\nPlease run ...';
    const bare = writeModule('bare.cjs', `throw new Error("${text}")`);
    expect(inChild(withTfjsNode(bare) + choose()).answer).toMatchObject({
      name: 'wasm',
      reason: '@tensorflow/tfjs-node is installed without its binary',
    });
    const broken = writeModule('broken.cjs', "throw new Error('libtensorflow.so.2: cannot open\\nmore')");
    expect(inChild(withTfjsNode(broken) + choose()).answer).toMatchObject({
      name: 'wasm',
      reason: '@tensorflow/tfjs-node does not load (libtensorflow.so.2: cannot open)',
    });
  });

  processTest('is tensorflow where it loads, with the functions that Node took away from it', () => {
    const standIn = `
      const util = require('util');
      const tf = require('@tensorflow/tfjs');
      if (!util.isNullOrUndefined(null) || !util.isNullOrUndefined(undefined) || util.isNullOrUndefined(0)) throw new Error('isNullOrUndefined');
      if (!util.isArray([]) || util.isArray({})) throw new Error('isArray');
      tf.registerBackend('tensorflow', tf.findBackendFactory('cpu'));
      for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'tensorflow' });`;
    const { answer, stderr } = inChild(
      `${withTfjsNode(writeModule('standIn.cjs', standIn))} const { name, line } = await selectEngine(); answer([name, line, tf.getBackend()]);`,
    );
    expect(answer).toEqual(['tensorflow', 'Engine tensorflow: @tensorflow/tfjs-node loads.', 'tensorflow']);
    expect(stderr).toBe('');
  });
});

describe('an engine that is asked for', () => {
  processTest.each(['cpu', 'wasm'])('by PYRO_ENGINE=%s runs, computes and prints nothing', (engine) => {
    const code = `const choice = await selectEngine(); answer([choice, tf.getBackend(), tf.exp(tf.scalar(1)).dataSync()[0]]);`;
    const { answer, stdout, stderr } = inChild(code, { PYRO_ENGINE: engine });
    const choice = {
      name: engine,
      reason: 'PYRO_ENGINE asks for it',
      line: `Engine ${engine}: PYRO_ENGINE asks for it.`,
    };
    expect(answer).toEqual([choice, engine, expect.closeTo(Math.E, 5)]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).toBe('');
  });

  processTest('by the option wins over PYRO_ENGINE', () => {
    const { answer } = inChild(choose("{ engine: 'cpu' }"), { PYRO_ENGINE: 'wasm' });
    expect(answer).toMatchObject({ name: 'cpu', reason: 'it was asked for' });
  });

  processTest('is rejected under an unknown name, with the nearest known one', async () => {
    expect(inChild(choose(), { PYRO_ENGINE: 'wsam' }).answer).toEqual({
      error: 'EngineError',
      message:
        'There is no engine "wsam" (PYRO_ENGINE asks for it). Did you mean "wasm"? Known: tensorflow, wasm, cpu.',
    });
    await expect(selectEngine({ engine: 'webgl2000' })).rejects.toThrow(
      new EngineError('There is no engine "webgl2000" (it was asked for). Known: tensorflow, wasm, cpu.'),
    );
  });

  it.each([
    ['foo', 'There is no engine "foo" (it was asked for). Known: tensorflow, wasm, cpu.'],
    ['gpu', 'There is no engine "gpu" (it was asked for). Did you mean "cpu"? Known: tensorflow, wasm, cpu.'],
    [null, 'There is no engine null (it was asked for). Known: tensorflow, wasm, cpu.'],
    [5, 'There is no engine 5 (it was asked for). Known: tensorflow, wasm, cpu.'],
  ])('is rejected where it is %j', async (engine, message) => {
    await expect(selectEngine({ engine } as never)).rejects.toThrow(new EngineError(message));
  });

  it('is rejected where the options are none', async () => {
    await expect(selectEngine(null as never)).rejects.toThrow('selectEngine takes an object of options, not null.');
    await expect(selectEngine('cpu' as never)).rejects.toThrow('selectEngine takes an object of options, not "cpu".');
  });

  processTest('is rejected where it does not start, with a remedy', () => {
    const { answer } = inChild(withTfjsNode() + choose("{ engine: 'tensorflow' }"));
    expect(answer).toMatchObject({
      error: 'EngineError',
      message: expect.stringMatching(
        /^The engine "tensorflow" does not start \(it was asked for\): @tensorflow\/tfjs-node is not installed\. Install it with/,
      ),
    });
  });

  it('is rejected with an option that does not exist', async () => {
    const misspelt = { engin: 'cpu' } as { engine?: string };
    await expect(selectEngine(misspelt)).rejects.toThrow('selectEngine has no option "engin". Known: engine.');
  });

  processTest('leaves the process its own handling of uncaught errors', () => {
    const code = `await selectEngine({ engine: 'wasm' });
      answer([process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')]);`;
    expect(inChild(code).answer).toEqual([0, 0]);
  });
});

processTest(
  'a kernel of ours says so where the wasm engine was started anew behind our back, and operations take their other way',
  () => {
    const code = `
    const { logSoftmax } = await import('@pyro-ts/engine');
    await selectEngine({ engine: 'wasm' });
    const x = () => tf.tensor1d([1, 1]);
    logSoftmax(x());
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory, 2);
    await tf.setBackend('wasm');
    let said;
    try {
      tf.engine().runKernel('PyroLogSoftmax', { x: x() });
    } catch (error) {
      said = error.name + ': ' + error.message;
    }
    answer([logSoftmax(x()).dataSync()[0], said]);`;
    expect(inChild(code).answer).toEqual([
      expect.closeTo(-Math.LN2, 5),
      'EngineError: PyroLogSoftmax works on the memory of a wasm engine that no longer exists. Start it with selectEngine() and repeat the computation.',
    ]);
  },
);

describe('two copies of tfjs-core', () => {
  const original = join(nodeModules, '@tensorflow', 'tfjs-core', 'dist', 'tf-core.node.js');

  processTest('of different versions are rejected', () => {
    const other = readFileSync(original, 'utf8').replaceAll(`'${tf.version_core}'`, "'4.0.0'");
    const file = writeModule('a/tfjs-core/dist/tf-core.node.js', other);
    const { answer } = inChild(
      `process.getBuiltinModule('node:module').createRequire('/')(${JSON.stringify(file)}); ${choose()}`,
    );
    expect(answer).toMatchObject({
      error: 'EngineError',
      message: expect.stringMatching(
        /^Two versions of @tensorflow\/tfjs-core are loaded \(4\.22\.0 at .* and 4\.0\.0 at .*\)/,
      ),
    });
  });

  processTest('of one version are mentioned', () => {
    const file = join(scratch, 'b', 'tfjs-core', 'dist', 'tf-core.node.js');
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(original, file);
    const { answer } = inChild(
      `process.getBuiltinModule('node:module').createRequire('/')(${JSON.stringify(file)}); ${choose()}`,
    );
    expect(answer).toMatchObject({
      line: expect.stringMatching(/ @tensorflow\/tfjs-core is loaded twice \(4\.22\.0 at .*"npm dedupe"/),
    });
  });
});
