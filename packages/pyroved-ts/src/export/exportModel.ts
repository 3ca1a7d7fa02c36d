/** A trained model for other programs: ONNX files, TensorFlow.js models, or its parameters alone. */
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

/** What a `TrainedModel` or a `TrainedVED` is to an export; what is known of the data is kept in the files. */
export interface ExportedModel {
  readonly model: Model | VED;
  readonly classNames?: readonly string[];
  readonly classAngles?: Float32Array;
  readonly normalisation?: Normalisation | PairedNormalisation;
  readonly preprocessing?: Preprocessing;
}

export const exportFormats = ['onnx', 'tfjs', 'safetensors', 'npz'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A file of an export. */
export interface ExportedFile {
  /** Its path in the folder of the export. */
  readonly name: string;
  readonly content: string | Uint8Array;
}

/**
 * A model as files for other programs. `onnx`: classifier.onnx, encoder.onnx, decoder.onnx; `tfjs`: a folder for each
 * with model.json and weights.bin; `safetensors` and `npz`: parameters.safetensors, parameters.npz, linear weights as
 * [inputs, outputs]. Each network is run as it was written and compared with the model first.
 * @throws {ExportError} where a network uses an operation that no rule is known for.
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
 * The classifier (where there is one), the encoder and the decoder as graphs, each checked against the model.
 * `encodeOnnx` and `graphModelArtifacts` turn them into files.
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

/** @throws {ExportError} where the program cannot be written down. */
function graphOf(program: Program, names: ReadonlyMap<number, string>): Omit<Graph, 'metadata'> {
  try {
    return traceGraph(program, names);
  } catch (cause) {
    if (cause instanceof GraphError) throw new ExportError(cause.message, undefined, { cause });
    throw cause;
  }
}

/** The parameters as a safetensors file, which `ParamStore.load` reads too. */
export function parametersSafetensors(trained: ExportedModel): Uint8Array {
  const { tensors, metadata } = readSafetensors(trained.model.params.save());
  return writeSafetensors(tensors, { ...aboutModel(trained), ...metadata });
}

/** The parameters as a `.npz` file: an array for each by its name, and a text "metadata" in JSON. */
export function parametersNpz(trained: ExportedModel): Uint8Array {
  const arrays = Object.fromEntries(trained.model.params.toData());
  return encodeArchive({ ...arrays, metadata: { shape: [], data: [JSON.stringify(aboutModel(trained))] } });
}

/** The same model on plain tensor operations: what a kernel computes goes past the engine, and cannot be recorded. */
function withoutKernel(model: Model): Model {
  const { kernel: _, ...options } = model instanceof TemplateSSIVAE ? model.given : model.options;
  const plain = modelFromConfig({ kind: model.kind, ...options } as ModelConfig);
  plain.params.loadData(model.params.toData());
  return plain;
}

/** Images or latents for the comparison; not the number that was recorded. */
const ROWS = 5;
const TOLERANCE = 1e-4;

/** @throws {ExportError} where the graph, run by TensorFlow.js, does not give what the model gives. */
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
      `The ${graph.name} cannot be exported: as it would be written, it does not compute what the model computes.`,
    );
  } finally {
    tf.dispose(inputs);
    loaded.dispose();
  }
}
