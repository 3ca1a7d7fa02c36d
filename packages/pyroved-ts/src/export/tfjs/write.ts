/** Encodes graphs as TensorFlow.js graph models, which `tf.loadGraphModel` reads, also in a browser. */
import type { Graph, GraphConstant, Port } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import { type Attribute, DTYPE, nodeOf, type TfNode } from './operations.js';

/** Name of the file of weights that `model.json` refers to. */
export const WEIGHTS_FILE = 'weights.bin';

/**
 * A graph model in memory.
 * @example
 * const [classifier] = await modelGraphs({ model });
 * const loaded = await tf.loadGraphModel(tf.io.fromMemory(graphModelArtifacts(classifier)));
 */
export function graphModelArtifacts(graph: Graph): tf.io.ModelArtifacts & { weightData: ArrayBuffer } {
  const constants = new Map(graph.constants);
  const ints = (values: readonly number[], form: boolean | 'pairs' = false): string => {
    const [kind, shape] =
      form === 'pairs' ? ['pairs_', [values.length / 2, 2]] : form ? ['scalar_', []] : ['', [values.length]];
    const name = `ints_${kind}${values.join('_')}`;
    constants.set(name, { shape, dtype: 'int32', data: Int32Array.from(values) });
    return name;
  };
  // Inputs refer to the further outputs of a node as NODE:1, NODE:2, ...
  const called = new Map(graph.operations.flatMap(({ outputs }) => outputs.map((o, i) => [o, `${outputs[0]}:${i}`])));
  const nameOf = (value: string): string => {
    const name = called.get(value);
    return name === undefined || name.endsWith(':0') ? value : name;
  };
  const operations = graph.operations.map((operation) =>
    nodeOf({ ...operation, inputs: operation.inputs.map(nameOf) }, ints),
  );
  const weights = [...constants];
  return {
    modelTopology: {
      node: [...graph.inputs.map(placeholder), ...weights.map(constantNode), ...operations],
      library: {},
      versions: { producer: 1 },
    },
    format: 'graph-model',
    generatedBy: 'pyroved-ts',
    convertedBy: null,
    signature: {
      inputs: Object.fromEntries(graph.inputs.map((port) => [port.name, tensorInfo(port)])),
      outputs: Object.fromEntries(graph.outputs.map((port) => [port.name, tensorInfo(port)])),
    },
    userDefinedMetadata: graph.metadata,
    weightSpecs: weights.map(([name, { shape, dtype }]) => ({ name, shape: [...shape], dtype })),
    weightData: joined(weights.map(([, constant]) => constant)),
  };
}

/** The files of a graph model by name. */
export function graphModelFiles(graph: Graph): { name: string; content: string | Uint8Array }[] {
  const { weightData, weightSpecs = [], ...rest } = graphModelArtifacts(graph);
  const json: tf.io.ModelJSON = {
    ...rest,
    modelTopology: rest.modelTopology as object,
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: weightSpecs }],
  };
  return [
    { name: WEIGHTS_FILE, content: new Uint8Array(weightData) },
    { name: 'model.json', content: `${JSON.stringify(json)}\n` },
  ];
}

const shapeAttribute = (shape: readonly number[]): Attribute => ({
  shape: { dim: shape.map((n) => ({ size: String(n) })) },
});

const placeholder = ({ name, shape }: Port): TfNode => ({
  name,
  op: 'Placeholder',
  input: [],
  attr: { dtype: { type: DTYPE.float32 }, shape: shapeAttribute(shape) },
});

const constantNode = ([name, { dtype }]: readonly [string, GraphConstant]): TfNode => ({
  name,
  op: 'Const',
  input: [],
  attr: { dtype: { type: DTYPE[dtype] } },
});

const tensorInfo = ({ name, shape }: Port) => ({
  name: `${name}:0`,
  dtype: DTYPE.float32,
  tensorShape: { dim: shape.map((n) => ({ size: String(n) })) },
});

function joined(constants: readonly GraphConstant[]): ArrayBuffer {
  const out = new Uint8Array(constants.reduce((n, { data }) => n + data.byteLength, 0));
  let at = 0;
  for (const { data } of constants) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out.buffer;
}

/** The graph as a TensorFlow.js model, which must be disposed after use. */
export const loadGraph = async (graph: Graph): Promise<tf.GraphModel> =>
  tf.loadGraphModel(tf.io.fromMemory(graphModelArtifacts(graph)));
