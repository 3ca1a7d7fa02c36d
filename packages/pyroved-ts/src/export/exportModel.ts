/** Exports a trained model for other programs: as ONNX files, TensorFlow.js models, or its parameters. */
import { BATCH, type Graph, GraphError, type Program, traceGraph } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import { OptionError, readSafetensors, writeSafetensors } from 'pyro-ts';
import { didYouMean } from 'pyro-ts/internal';
import type { Normalisation, PairedNormalisation, Preprocessing } from '../data/index.js';
import { type Model, type ModelConfig, modelFromConfig, TemplateSSIVAE, VED } from '../models/index.js';
import { aboutGraph, aboutModel } from './about.js';
import { ExportError } from './errors.js';
import { encodeArchive } from './npz.js';
import { encodeOnnx } from './onnx/write.js';
import { modelPrograms } from './programs.js';
import { graphModelFiles, loadGraph } from './tfjs/write.js';
import { vedPrograms } from './vedPrograms.js';

/** A trained model with the metadata that is stored in exported files. */
export interface ExportedModel {
  readonly model: Model | VED;
  readonly classNames?: readonly string[];
  readonly classAngles?: Float32Array;
  readonly normalisation?: Normalisation | PairedNormalisation;
  readonly preprocessing?: Preprocessing;
}

export const exportFormats = ['onnx', 'tfjs', 'safetensors', 'npz'] as const;
/** A format of `exportedFiles`. */
export type ExportFormat = (typeof exportFormats)[number];

/** A file of an export. */
export interface ExportedFile {
  /** Path in the folder of the export. */
  readonly name: string;
  readonly content: string | Uint8Array;
}

/**
 * Exports a model to files. `onnx`: classifier.onnx, encoder.onnx, decoder.onnx; `tfjs`: a folder for each with
 * model.json and weights.bin; `safetensors` and `npz`: parameters.safetensors, parameters.npz, with linear weights as
 * [inputs, outputs]. The exported networks are run and compared with the model.
 * @throws {ExportError} when a network uses an operation that is not supported.
 * @throws {OptionError} when the format is unknown.
 * @example const [{ name, content }] = await exportedFiles({ model }, 'onnx'); // "classifier.onnx" and its bytes
 */
export async function exportedFiles(trained: ExportedModel, to: ExportFormat): Promise<ExportedFile[]> {
  if (!exportFormats.includes(to)) {
    throw new OptionError(`There is no format "${to}".${didYouMean(String(to), exportFormats)}`);
  }
  switch (to) {
    case 'onnx':
      return (await modelGraphs(trained)).map((graph) => ({ name: `${graph.name}.onnx`, content: encodeOnnx(graph) }));
    case 'tfjs':
      return (await modelGraphs(trained)).flatMap((graph) =>
        graphModelFiles(graph).map(({ name, content }) => ({ name: `${graph.name}/${name}`, content })),
      );
    case 'safetensors':
      return [{ name: 'parameters.safetensors', content: parametersSafetensors(trained) }];
    case 'npz':
      return [{ name: 'parameters.npz', content: parametersNpz(trained) }];
  }
}

/**
 * The classifier (if the model has one), the encoder and the decoder as graphs, each compared with the model.
 * `encodeOnnx` and `graphModelArtifacts` encode them.
 * @throws {ExportError} when a network uses an operation that is not supported.
 * @example for (const graph of await modelGraphs({ model })) writeFileSync(`${graph.name}.onnx`, encodeOnnx(graph));
 */
export async function modelGraphs(trained: ExportedModel): Promise<Graph[]> {
  const own = trained.model;
  const model = own instanceof VED || !own.options.kernel ? own : withoutKernel(own);
  try {
    const names = new Map(model.params.names.map((name) => [model.params.unconstrained(name).id, name]));
    const about = aboutModel(trained);
    const graphs: Graph[] = [];
    for (const program of model instanceof VED ? vedPrograms(model) : modelPrograms(model)) {
      const traced = graphOf(program, names);
      const graph = { ...traced, metadata: { ...about, ...aboutGraph(traced) } };
      await assertSame(graph, program);
      graphs.push(graph);
    }
    return graphs;
  } finally {
    if (model !== own) model.dispose();
  }
}

/** @throws {ExportError} when the program cannot be recorded. */
function graphOf(program: Program, names: ReadonlyMap<number, string>): Omit<Graph, 'metadata'> {
  try {
    return traceGraph(program, names);
  } catch (cause) {
    if (cause instanceof GraphError) throw new ExportError(cause.message, undefined, { cause });
    throw cause;
  }
}

/**
 * The parameters as the content of a safetensors file, which `ParamStore.load` also reads.
 * @example writeFileSync('parameters.safetensors', parametersSafetensors({ model }));
 */
export function parametersSafetensors(trained: ExportedModel): Uint8Array {
  const { tensors, metadata } = readSafetensors(trained.model.params.save());
  return writeSafetensors(tensors, { ...aboutModel(trained), ...metadata });
}

/**
 * The parameters as the content of a `.npz` file: one array for each, and the metadata as JSON in "metadata".
 * @example writeFileSync('parameters.npz', parametersNpz({ model }));
 */
export function parametersNpz(trained: ExportedModel): Uint8Array {
  const arrays = Object.fromEntries(trained.model.params.toData());
  return encodeArchive({ ...arrays, metadata: { shape: [], data: [JSON.stringify(aboutModel(trained))] } });
}

/** The same model on plain tensor operations, since the results of a kernel cannot be recorded. */
function withoutKernel(model: Model): Model {
  const { kernel: _, ...options } = model instanceof TemplateSSIVAE ? model.given : model.options;
  const plain = modelFromConfig({ kind: model.kind, ...options } as ModelConfig);
  plain.params.loadData(model.params.toData());
  return plain;
}

/** Number of rows of the comparison, which differs from the number that was recorded. */
const ROWS = 5;
const TOLERANCE = 1e-4;

/** @throws {ExportError} when the graph, run by TensorFlow.js, differs from the model. */
async function assertSame(graph: Graph, program: Program): Promise<void> {
  const loaded = await loadGraph(graph);
  const inputs = graph.inputs.map(({ shape }) =>
    tf.randomUniform(
      shape.map((n) => (n === BATCH ? ROWS : n)),
      0,
      1,
      'float32',
      7,
    ),
  );
  try {
    const worst = tf.tidy(() => {
      const expected = program.run(...inputs);
      const given = Object.fromEntries(graph.inputs.map(({ name }, i) => [name, inputs[i]]));
      const found = ([] as tf.Tensor[]).concat(
        loaded.execute(
          given,
          graph.outputs.map(({ name }) => name),
        ),
      );
      return graph.outputs.map(({ name }, i) =>
        found[i].shape.join() === expected[name].shape.join()
          ? tf.max(tf.abs(tf.sub(found[i], expected[name]))).dataSync()[0]
          : Number.NaN,
      );
    });
    if (worst.every((difference) => difference < TOLERANCE)) return;
    throw new ExportError(
      `The ${graph.name} cannot be exported: the exported network does not compute the same values as the model.`,
    );
  } finally {
    tf.dispose(inputs);
    loaded.dispose();
  }
}
