/** Exported ONNX files, run by ONNX Runtime, answer what the models answer. */
import fs from 'node:fs';
import path from 'node:path';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-web';
import protobuf from 'protobufjs';
import { exportModel } from 'pyroved';
import { ExportError, encodeOnnx, iVAE, modelGraphs, ssiVAE } from 'pyroved-ts';
import { ONNX_OPSET } from 'pyroved-ts/internal';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../pyroved/storage/helpers.js';
import { casesOf, distance, models } from './models.js';

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
});

/** Feeds an exported network with rows of numbers. */
async function run(bytes: Uint8Array, given: Readonly<Record<string, Float32Array>>, count: number) {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const feeds = session.inputMetadata.map((input) => {
    if (!input.isTensor) throw new Error(`${input.name} is no tensor`);
    expect(input.shape[0]).toBe('batch');
    const dims = [count, ...input.shape.slice(1).map(Number)];
    return [input.name, new ort.Tensor('float32', given[input.name], dims)] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  expect([...session.inputNames].sort()).toEqual(Object.keys(given).sort());
  await session.release();
  return outputs;
}

it.each(Object.entries(models))('%s', async (_, make) => {
  const model = make();
  const graphs = new Map((await modelGraphs({ model })).map((graph) => [graph.name, encodeOnnx(graph)]));
  // Neither number of images is one that was recorded.
  for (const count of [1, 5]) {
    const cases = casesOf(model, count);
    expect(cases.map(({ network }) => network)).toEqual([...graphs.keys()]);
    for (const { network, given, expected } of cases) {
      const outputs = await run(graphs.get(network)!, given, count);
      expect(Object.keys(outputs).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, values] of Object.entries(expected)) {
        expect(outputs[name].dims[0]).toBe(count);
        expect(distance(outputs[name].data as Float32Array, values), `${network}: ${name}`).toBeLessThan(1e-5);
      }
    }
  }
  model.dispose();
});

describe('the files', () => {
  const model = ssiVAE({ shape: [6, 5], numClasses: 2, invariances: ['r'], hiddenEncoder: [4], hiddenDecoder: [4] });
  const trained = { model, classNames: ['hearts', 'spades'], normalisation: { low: 3, high: 250 } };

  it('have their names, and inputs in the order of channels, height, width', async () => {
    const out = path.join(temporaryFolder(), 'new', 'folder');
    const files = await exportModel(trained, { to: 'onnx', out });
    expect(files.map((file) => path.relative(out, file))).toEqual(['classifier.onnx', 'encoder.onnx', 'decoder.onnx']);
    const session = await ort.InferenceSession.create(fs.readFileSync(files[2]));
    const shapes = session.inputMetadata.map((input) => [input.name, input.isTensor && input.shape]);
    expect(Object.fromEntries(shapes)).toEqual({ content: ['batch', 2], class: ['batch', 2], angle: ['batch'] });
    expect(session.outputMetadata.map((output) => output.isTensor && output.shape)).toEqual([['batch', 1, 6, 5]]);
    fs.rmSync(path.dirname(path.dirname(out)), { recursive: true });
  });

  it('tell class names, normalisation, shape, opset and the meaning of every value', async () => {
    const [graph] = await modelGraphs(trained);
    // An independent reading of the fields, by the numbers that onnx.proto gives them.
    const proto = `syntax = "proto3";
      message E { string k = 1; string v = 2; } message O { int64 version = 2; }
      message M { int64 ir = 1; string producer = 2; repeated O opset = 8; repeated E props = 14; }`;
    const type = protobuf.parse(proto).root.lookupType('M');
    const read = type.toObject(type.decode(encodeOnnx(graph)), { longs: Number });
    expect(read).toMatchObject({ ir: 7, producer: 'pyroved-ts', opset: [{ version: ONNX_OPSET }] });
    const props = Object.fromEntries(read.props.map(({ k, v }: { k: string; v: string }) => [k, v]));
    expect(JSON.parse(props.class_names)).toEqual(['hearts', 'spades']);
    expect(JSON.parse(props.normalisation)).toEqual({ low: 3, high: 250 });
    expect(JSON.parse(props.shape)).toEqual([6, 5]);
    expect(props.model).toBe('ssiVAE');
    expect(Object.keys(JSON.parse(props.values))).toEqual(['image', 'probabilities']);
  });

  it('are the same for a model with a kernel of its own, and no tensor is left', async () => {
    const kernel = await selectKernel({ kernel: 'wasm' });
    const fast = ssiVAE({ ...model.options, numClasses: 2, kernel });
    fast.params.loadData(model.params.toData());
    const before = tf.memory().numTensors;
    const [plain, other] = [await modelGraphs({ model }), await modelGraphs({ model: fast })];
    expect(tf.memory().numTensors).toBe(before);
    expect(other.map((graph) => Buffer.from(encodeOnnx(graph)).toString('hex'))).toEqual(
      plain.map((graph) => Buffer.from(encodeOnnx(graph)).toString('hex')),
    );
    fast.dispose();
  });

  it('take a custom network', async () => {
    const layers = tf.sequential({
      layers: [tf.layers.dense({ units: 6, activation: 'relu', inputShape: [36] }), tf.layers.dense({ units: 3 })],
    });
    const own = ssiVAE({ shape: [6, 6], numClasses: 3, classifier: layers, hiddenEncoder: [4], hiddenDecoder: [4] });
    const [{ given, expected }] = casesOf(own, 4);
    const [graph] = await modelGraphs({ model: own });
    const { probabilities } = await run(encodeOnnx(graph), given, 4);
    expect(distance(probabilities.data as Float32Array, expected.probabilities)).toBeLessThan(1e-5);
  });

  it('are rejected where a net uses an operation that has no counterpart, or looks at the numbers', async () => {
    const netOf = (apply: (x: tf.Tensor) => tf.Tensor) => ({
      parameters: {},
      apply: (_: unknown, x: tf.Tensor) => apply(x),
    });
    const withNet = (apply: (x: tf.Tensor) => tf.Tensor) =>
      modelGraphs({
        model: ssiVAE({ shape: [4], numClasses: 4, classifier: netOf(apply), hiddenEncoder: [4], hiddenDecoder: [4] }),
      });
    await expect(withNet((x) => tf.cumsum(x, 1))).rejects.toThrow(ExportError);
    await expect(withNet((x) => tf.cumsum(x, 1))).rejects.toThrow(
      /^The classifier .* uses the operation Cumsum, for which there is no rule\.$/,
    );
    await expect(withNet((x) => tf.mul(x, tf.scalar(tf.sum(x).dataSync()[0])))).rejects.toThrow(
      /not the same from one run to the next/,
    );
    await expect(withNet((x) => tf.tensor(x.dataSync(), x.shape))).rejects.toThrow(/grows with the number of images/);
  });

  it('reject a format that does not exist', async () => {
    await expect(exportModel({ model: iVAE({ shape: [4] }) }, { to: 'onxx' as 'onnx', out: 'x' })).rejects.toThrow(
      'There is no format "onxx". Did you mean "onnx"?',
    );
  });
});
