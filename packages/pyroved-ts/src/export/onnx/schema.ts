/**
 * The messages of an ONNX file that networks use, with the field numbers of onnx.proto
 * (https://github.com/onnx/onnx).
 */
import protobuf from 'protobufjs/light.js';

type FieldList = readonly (readonly [name: string, type: string, id: number, rule?: 'repeated'])[];

const message = (...fields: FieldList) => ({
  fields: Object.fromEntries(fields.map(([name, type, id, rule]) => [name, { type, id, ...(rule && { rule }) }])),
});

const root = protobuf.Root.fromJSON({
  nested: {
    Model: message(
      ['irVersion', 'int64', 1],
      ['producerName', 'string', 2],
      ['docString', 'string', 6],
      ['graph', 'Graph', 7],
      ['opsetImport', 'OperatorSet', 8, 'repeated'],
      ['metadataProps', 'Entry', 14, 'repeated'],
    ),
    OperatorSet: message(['domain', 'string', 1], ['version', 'int64', 2]),
    Entry: message(['key', 'string', 1], ['value', 'string', 2]),
    Graph: message(
      ['node', 'Node', 1, 'repeated'],
      ['name', 'string', 2],
      ['initializer', 'Tensor', 5, 'repeated'],
      ['input', 'ValueInfo', 11, 'repeated'],
      ['output', 'ValueInfo', 12, 'repeated'],
    ),
    Node: message(
      ['input', 'string', 1, 'repeated'],
      ['output', 'string', 2, 'repeated'],
      ['name', 'string', 3],
      ['opType', 'string', 4],
      ['attribute', 'Attribute', 5, 'repeated'],
    ),
    Attribute: message(
      ['name', 'string', 1],
      ['f', 'float', 2],
      ['i', 'int64', 3],
      ['s', 'bytes', 4],
      ['ints', 'int64', 8, 'repeated'],
      ['type', 'int32', 20],
    ),
    Tensor: message(
      ['dims', 'int64', 1, 'repeated'],
      ['dataType', 'int32', 2],
      ['name', 'string', 8],
      ['rawData', 'bytes', 9],
    ),
    ValueInfo: message(['name', 'string', 1], ['type', 'Type', 2]),
    Type: message(['tensorType', 'TensorType', 1]),
    TensorType: message(['elemType', 'int32', 1], ['shape', 'Shape', 2]),
    Shape: message(['dim', 'Dimension', 1, 'repeated']),
    Dimension: message(['dimValue', 'int64', 1], ['dimParam', 'string', 2]),
  },
});

/** onnx.TensorProto.DataType */
export const ELEMENT = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Little-endian. */
  readonly rawData: Uint8Array;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  /** onnx.AttributeProto.AttributeType */
  readonly type: number;
}

export interface OnnxNode {
  readonly opType: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly OnnxAttribute[];
}

export interface OnnxValue {
  readonly name: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly ({ readonly dimValue: number } | { readonly dimParam: string })[] };
    };
  };
}

export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly docString: string;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly OnnxNode[];
    readonly initializer: readonly OnnxTensor[];
    readonly input: readonly OnnxValue[];
    readonly output: readonly OnnxValue[];
  };
}

/** The bytes of an `.onnx` file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const type = root.lookupType('Model');
  return type.encode(type.create({ ...model })).finish();
}
