/** A checkpoint as bytes: parameters, the optimiser's and the trainer's state in one safetensors file with a checksum. */
import { createHash } from 'node:crypto';
import { FormatError, readSafetensors, type SavedTensor, writeSafetensors } from 'pyro-ts';
import type { Checkpoint } from 'pyroved-ts';
import { withCurrentNames, withCurrentParameters } from './formerNames.js';
import { type JsonObject, parseJsonObject, toJsonObject } from './json.js';

/** A checkpoint that was read. */
export interface LoadedCheckpoint extends Checkpoint {
  readonly tensors: Map<string, SavedTensor>;
  readonly state: JsonObject;
}

const FORMAT = 'pyroved-checkpoint';
const VERSION = '1';

/** The bytes of a checkpoint. @throws FormatError, RunError for what cannot be stored. */
export function encodeCheckpoint({ tensors, state }: Checkpoint): Uint8Array {
  const text = JSON.stringify(toJsonObject(state, 'state'));
  const sha256 = checksum(tensors, text);
  return writeSafetensors(tensors, { format: FORMAT, version: VERSION, state: text, sha256 });
}

/**
 * The checkpoint that `bytes` hold.
 * @param source how the file is called in an error.
 * @throws FormatError where it is truncated, damaged (one changed bit is enough), of another format or newer.
 */
export function decodeCheckpoint(bytes: Uint8Array, source: string): LoadedCheckpoint {
  const { tensors, metadata } = readSafetensors(bytes, source);
  const { format, version, state = '{}', sha256 } = metadata;
  if (format !== FORMAT)
    throw new FormatError(`${source} holds arrays, but is not a checkpoint: its format is "${format ?? 'not given'}".`);
  if (version !== VERSION)
    throw new FormatError(
      `${source} has version ${version}, but this program knows version ${VERSION}. Update pyroved.`,
    );
  if (sha256 !== checksum(tensors, state))
    throw new FormatError(`${source} is damaged: its checksum does not fit what it holds.`);
  return { tensors: withCurrentParameters(tensors), state: withCurrentNames(parseJsonObject(state, source)) };
}

/** SHA-256 of all that the checkpoint means, whatever the order of its arrays. */
function checksum(tensors: ReadonlyMap<string, SavedTensor>, state: string): string {
  const hash = createHash('sha256').update(state);
  for (const name of [...tensors.keys()].sort()) {
    const { shape, data } = tensors.get(name)!;
    hash.update(JSON.stringify([name, shape, data.constructor.name]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
