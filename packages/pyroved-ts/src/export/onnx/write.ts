/** Encodes graphs as ONNX files. */
import { BATCH, type Graph, type Port } from '@pyro-ts/compile';
import { nodesOf } from './operations.js';
import { ELEMENT, encodeModel, type OnnxNode, type OnnxTensor, type OnnxValue } from './schema.js';

/** Version of ONNX's operator set, supported by all runtimes since early 2021. */
export const ONNX_OPSET = 13;
/** The corresponding version of the file format. */
const IR_VERSION = 7;

/**
 * The content of an `.onnx` file: float32, the first dimension of every input and output "batch" of any size, and the
 * metadata of the graph as properties of the model.
 * @example const [classifier] = await modelGraphs({ model }); writeFileSync('classifier.onnx', encodeOnnx(classifier));
 */
export function encodeOnnx(graph: Graph): Uint8Array {
  const initializer = new Map<string, OnnxTensor>();
  for (const [name, { shape, dtype, data }] of graph.constants) {
    initializer.set(name, tensor(name, shape, ELEMENT[dtype], data));
  }
  let count = 0;
  const constant = (prefix: string, make: (name: string) => OnnxTensor, values: readonly number[]): string => {
    const name = `${prefix}_${values.join('_')}`;
    if (!initializer.has(name)) initializer.set(name, make(name));
    return name;
  };
  const rankOf = (value: string): number => (graph.shapes.get(value) as readonly number[]).length;
  const writer = {
    ints: (values: readonly number[]) =>
      constant('ints', (n) => tensor(n, [values.length], ELEMENT.int64, BigInt64Array.from(values, BigInt)), values),
    float: (value: number) => constant('float', (n) => tensor(n, [], ELEMENT.float32, Float32Array.of(value)), [value]),
    fresh: () => `between_${++count}`,
    rankOf,
  };
  const node: OnnxNode[] = graph.operations
    .flatMap((operation) => nodesOf(operation, writer))
    .map((made, i) => ({ ...made, name: `${made.opType}_${i + 1}` }));
  return encodeModel({
    irVersion: IR_VERSION,
    producerName: 'pyroved-ts',
    docString: graph.metadata.description ?? '',
    opsetImport: [{ domain: '', version: ONNX_OPSET }],
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node,
      initializer: [...initializer.values()],
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  });
}

function valueInfo({ name, shape }: Port): OnnxValue {
  const dim = shape.map((n) => (n === BATCH ? { dimParam: 'batch' } : { dimValue: n }));
  return { name, type: { tensorType: { elemType: ELEMENT.float32, shape: { dim } } } };
}

function tensor(name: string, dims: readonly number[], dataType: number, data: ArrayBufferView): OnnxTensor {
  return { name, dims, dataType, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
