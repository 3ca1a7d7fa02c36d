/** What determines the last digits of a result beside settings, seed and images: the built code, Node, engine, kernel and instruction set. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MachineRecord } from '../runs/machine.js';
import { explained } from '../storage/index.js';

export interface Pin extends MachineRecord {
  /** Hash of the built files of this project's packages. Two builds of one version differ in it. */
  readonly code: string;
  readonly node: string;
}

let code: string | undefined;

/** The pin of this process with the engine and the kernel of `machine`. */
export function pinOf({ engine, kernel, precision, isa }: MachineRecord): Pin {
  code ??= hashOfCode();
  return {
    code,
    node: process.versions.node,
    ...{ engine, kernel },
    ...(precision && { precision }),
    ...(isa !== undefined && { isa }),
  };
}

const names = ['code', 'node', 'engine', 'kernel', 'precision', 'isa'] as const;

/** Whether a value from a queue or a storage is a pin. */
export function isPin(value: unknown): value is Pin {
  if (typeof value !== 'object' || value === null) return false;
  const entries: Readonly<Record<string, unknown>> = { ...value };
  const isName = (text: unknown) => typeof text === 'string' && /^[\w.-]{1,80}$/.test(text);
  return (
    Object.entries(entries).every(([name, text]) => names.some((known) => known === name) && isName(text)) &&
    ['code', 'node', 'engine', 'kernel'].every((name) => entries[name] !== undefined)
  );
}

/** The machine of a pin. */
export const machineOfPin = ({ code: _, node: __, ...machine }: Pin): MachineRecord => machine;

/** What differs between two pins, for a message; empty if nothing does. */
export function differences(wanted: Pin, own: Pin): string[] {
  const shown = (value: string | undefined) => (value === undefined ? 'none' : value.slice(0, 12));
  return names.flatMap((name) =>
    wanted[name] === own[name] ? [] : [`${name} ${shown(own[name])} instead of ${shown(wanted[name])}`],
  );
}

/** The packages whose code runs in a training, each found from one that depends on it. */
const packages = [
  ['@pyro-ts/engine'],
  ['@pyro-ts/spatial-decoder'],
  ['pyro-ts'],
  ['pyro-ts', '@pyro-ts/compile'],
  ['pyroved-data'],
  ['pyroved-ts'],
] as const;

function hashOfCode(): string {
  const own = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const folders = [own, ...packages.map(builtFolder)];
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const file of builtFiles(folder)) {
      hash.update(`${path.relative(folder, file).split(path.sep).join('/')}\n`);
      hash.update(createHash('sha256').update(fs.readFileSync(file)).digest());
    }
  }
  return hash.digest('hex');
}

function builtFolder(chain: readonly string[]): string {
  const entry = chain.reduce((from, name) => createRequire(from).resolve(name), fileURLToPath(import.meta.url));
  return path.dirname(entry);
}

const builtFiles = (folder: string): string[] =>
  explained(`Could not read ${folder}`, () =>
    fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(js|wasm|node)$/.test(name))
      .map((name) => path.join(folder, name))
      .sort(),
  );
