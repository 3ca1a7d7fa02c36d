/** Serialisation of checkpoints: parameters and the state of optimiser and trainer in one safetensors file with a checksum. */
import { createHash } from 'node:crypto';
import { FormatError, readSafetensors, type SavedTensor, writeSafetensors } from 'pyro-ts';
import type { Checkpoint } from 'pyroved-ts';
import { withCurrentNames, withCurrentParameters } from './formerNames.js';
import { type JsonObject, parseJsonObject, toJsonObject } from './json.js';

/** A checkpoint read from a file. */
export interface LoadedCheckpoint extends Checkpoint {
  readonly tensors: Map<string, SavedTensor>;
  readonly state: JsonObject;
}

const FORMAT = 'pyroved-checkpoint';
const VERSION = '1';

/** Serialises a checkpoint. @throws {FormatError} or {RunError} when a value cannot be stored. */
export function encodeCheckpoint({ tensors, state }: Checkpoint): Uint8Array {
  const text = JSON.stringify(toJsonObject(state, 'state'));
  const sha256 = checksum(tensors, text);
  return writeSafetensors(tensors, { format: FORMAT, version: VERSION, state: text, sha256 });
}

/**
 * Parses a checkpoint.
 * @param source name of the file, for error messages
 * @throws {FormatError} when it is truncated or damaged (a single changed bit is detected), or has another format or a newer version.
 */
export function decodeCheckpoint(bytes: Uint8Array, source: string): LoadedCheckpoint {
  const { tensors, metadata } = readSafetensors(bytes, source);
  const { format, version, state = '{}', sha256 } = metadata;
  if (format !== FORMAT)
    throw new FormatError(`${source} is not a checkpoint: its format is "${format ?? 'unknown'}".`);
  if (version !== VERSION)
    throw new FormatError(
      `${source} has version ${version}, but only version ${VERSION} is supported. Update pyroved.`,
    );
  if (sha256 !== checksum(tensors, state))
    throw new FormatError(`${source} is damaged: its checksum does not match its content.`);
  return { tensors: withCurrentParameters(tensors), state: withCurrentNames(parseJsonObject(state, source)) };
}

/** SHA-256 of the content, independent of the order of the arrays. */
function checksum(tensors: ReadonlyMap<string, SavedTensor>, state: string): string {
  const hash = createHash('sha256').update(state);
  for (const name of [...tensors.keys()].sort()) {
    const { shape, data } = tensors.get(name)!;
    hash.update(JSON.stringify([name, shape, data.constructor.name]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
