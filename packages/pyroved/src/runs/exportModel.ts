/** `exportModel`: writes the files of an export. */
import fs from 'node:fs';
import path from 'node:path';
import { rejectUnknownKeys } from 'pyro-ts/internal';
import { type ExportedModel, type ExportFormat, exportedFiles } from 'pyroved-ts';
import { explained } from '../storage/errors.js';
import { writeFileAtomic } from '../storage/index.js';

export interface ExportOptions {
  /** `onnx` and `tfjs`: the networks; `safetensors` and `npz`: the parameters alone. */
  readonly to: ExportFormat;
  /** The output folder; created if missing. */
  readonly out: string;
}

/**
 * Exports a model: writes the files of `exportedFiles`.
 * @returns the paths of the files
 * @throws {ExportError} when a network uses an unsupported operation, and {RunError} when the folder cannot be written.
 * @example
 * for (const file of await exportModel(await loadModel('runs/demo'), { to: 'onnx', out: 'demo-onnx' })) console.log(file);
 */
export async function exportModel(trained: ExportedModel, options: ExportOptions): Promise<string[]> {
  rejectUnknownKeys('exportModel', options, ['to', 'out']);
  const { to, out } = options;
  const files = await exportedFiles(trained, to);
  return files.map(({ name, content }) => {
    const file = path.join(out, name);
    explained(`Could not create ${path.dirname(file)}`, () => fs.mkdirSync(path.dirname(file), { recursive: true }));
    writeFileAtomic(file, content);
    return file;
  });
}
