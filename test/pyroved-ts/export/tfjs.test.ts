/** Exported TensorFlow.js models, loaded as a browser loads them, answer what the models answer. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { exportModel } from 'pyroved';
import { ssiVAE } from 'pyroved-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../pyroved/storage/helpers.js';
import { casesOf, distance, models } from './models.js';

const folder = temporaryFolder();
const server = http.createServer((request, response) => {
  response.end(fs.readFileSync(path.join(folder, String(request.url))));
});
let address = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  fs.rmSync(folder, { recursive: true });
});

/** Over HTTP, as a page loads a model. */
const load = (network: string) =>
  tf.loadGraphModel(`${address}/${network}/model.json`, { fetchFunc: (url, init) => fetch(url, init) });

describe.each(Object.entries(models))('%s', (_, make) => {
  it('answers the same', async () => {
    const model = make();
    await exportModel({ model }, { to: 'tfjs', out: folder });
    for (const { network, given, expected } of casesOf(model, 4)) {
      const loaded = await load(network);
      const shapeOf = (name: string) => loaded.inputs.find((input) => input.name === name)?.shape ?? [];
      const feeds = Object.entries(given).map(([name, values]) => [
        name,
        tf.tensor(values, [4, ...shapeOf(name).slice(1)]),
      ]);
      const outputs = Object.keys(expected);
      const found = ([] as tf.Tensor[]).concat(loaded.execute(Object.fromEntries(feeds), outputs));
      for (const [i, name] of outputs.entries()) {
        expect(distance(found[i].dataSync(), expected[name]), `${network}: ${name}`).toBeLessThan(1e-5);
      }
      loaded.dispose();
    }
    model.dispose();
  });
});

it('predict takes inputs by name, and the model tells its classes', async () => {
  const model = ssiVAE({ shape: [6, 6], numClasses: 2, hiddenEncoder: [4], hiddenDecoder: [4] });
  await exportModel({ model, classNames: ['a', 'b'] }, { to: 'tfjs', out: folder });
  const [{ given, expected }] = casesOf(model, 3);
  const loaded = await load('classifier');
  const found = loaded.predict({ image: tf.tensor(given.image, [3, 1, 6, 6]) }) as tf.Tensor;
  expect(distance(found.dataSync(), expected.probabilities)).toBeLessThan(1e-5);
  const metadata = (loaded as unknown as { artifacts: tf.io.ModelArtifacts }).artifacts.userDefinedMetadata;
  expect(metadata).toMatchObject({ class_names: '["a","b"]', shape: '[6,6]' });
});
