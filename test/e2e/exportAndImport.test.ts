/** import, export and encode to arrays, as a person types them. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { decodeNpy } from 'pyroved-data';
import { encodeNpy } from 'pyroved-ts';
import { importPyroved } from 'pyroved-ts/node';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../pyroved/storage/helpers.js';
import { pyroved, succeed } from './helpers.js';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const weights = (name: string) => fileURLToPath(new URL(`../fixtures/pyrovedWeights/${name}.pt`, import.meta.url));

it('weights of the original become a run, which encodes signals and is exported', async () => {
  const imported = await succeed(['import', weights('ivae_signal'), '--out', 'run'], folder);
  expect(imported.stdout).toBe('run\n');
  expect(imported.stderr).toBe(
    'Assumed, since the weights do not determine it: shape 12, from the number of inputs; activation tanh; likelihood bernoulli.\n',
  );

  const signals = Float32Array.from({ length: 5 * 12 }, (_, i) => (i * 0.618) % 1);
  writeFileSync(join(folder, 'signals.npy'), encodeNpy(signals, [5, 12]));
  const encoded = await succeed(['encode', 'run', '--array', 'signals.npy', '--out', 'latents.npz'], folder);
  expect(encoded.stderr).toContain('5 encoded. Arrays: latents.npz');
  const { model } = importPyroved(readFileSync(weights('ivae_signal')));
  const { content } = model.encode({ images: signals, count: 5, shape: [12], channels: 1 });
  const found = decodeNpy(unzipSync(readFileSync(join(folder, 'latents.npz')))['content.npy']).data;
  expect(Math.max(...found.map((v, i) => Math.abs(v - content[i])))).toBeLessThan(1e-5);

  const { stdout } = await succeed(['export', 'run', '--to', 'onnx', '--out', 'onnx'], folder);
  expect(stdout).toBe(`${join('onnx', 'encoder.onnx')}\n${join('onnx', 'decoder.onnx')}\n`);
  expect(existsSync(join(folder, 'onnx', 'decoder.onnx'))).toBe(true);
});

it('a file that would run a program is rejected in one sentence', async () => {
  const { code, stderr } = await pyroved(['import', weights('attack'), '--out', 'other'], folder);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^pyroved: .*attack\.pt cannot be read as a state dictionary: it asks for posix\.system, [^\n]*\n$/,
  );
  expect(existsSync(join(folder, 'other'))).toBe(false);
});
