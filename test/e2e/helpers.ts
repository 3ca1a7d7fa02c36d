/** The command line, in this process and as a child process, and image files drawn from formulas. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { encode } from 'fast-png';
import { RandomStream } from 'pyro-ts';
import { vi } from 'vitest';
import { runCommandLine } from '../../packages/pyroved/dist/cli/commandLine.js';
import { draw, ell } from '../pyroved-ts/shapes.js';

const bin = fileURLToPath(new URL('../../packages/pyroved/bin/pyroved.js', import.meta.url));

/** What TensorFlow itself writes to the error stream as it loads, and no setting silences (docs/engines.md): not a word of the command line. */
const tensorflowsOwn =
  /^WARNING: All log messages before absl::InitializeLog\(\) .*\nI0000 .* oneDNN custom operations are on\..*\n/m;

/** How a command ended, and what it wrote; TensorFlow's own two lines are taken out. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves as soon as `text` stands on the error stream; rejects where the process ends before. */
  until(text: string): Promise<void>;
}

/** Starts `pyroved ...args` as a process in the folder `cwd`, with variables of its own: for what needs a process, such as signals. */
export function start(args: readonly string[], cwd: string, variables: NodeJS.ProcessEnv = {}): Started {
  const env = { ...process.env, ...variables };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
    });
  }
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, stdout: written.stdout, stderr: written.stderr.replace(tensorflowsOwn, '') }),
    );
  });
  const until = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => written.stderr.includes(text) && resolve();
      child.stderr.on('data', look);
      look();
      void ended.then(() => reject(new Error(`It ended without "${text}":\n${written.stderr}`)));
    });
  return { child, ended, until };
}

/** The processes that a process has started, on Linux. */
export function childrenOf(parent: number | undefined): number[] {
  const stats = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return stats.flatMap((pid) => {
    try {
      const [, , ppid] = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/\(.*\)/, '()')
        .split(' ')
        .slice(1);
      return Number(ppid) === parent ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

let last: Promise<unknown> = Promise.resolve();

/** Runs `pyroved ...args` to its end in the folder `cwd`, in this process, which saves loading everything anew. One runs at a time. */
export function pyroved(args: readonly string[], cwd: string): Promise<Outcome> {
  const outcome = last.then(() => inThisProcess(args, cwd));
  last = outcome.catch(() => undefined);
  return outcome;
}

async function inThisProcess(args: readonly string[], cwd: string): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const into = (stream: keyof typeof written) => (chunk: string | Uint8Array) => {
    written[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  };
  const line =
    (stream: keyof typeof written) =>
    (...values: unknown[]) =>
      void into(stream)(`${format(...values)}\n`);
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into('stdout')),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('stderr')),
    vi.spyOn(console, 'log').mockImplementation(line('stdout')),
    vi.spyOn(console, 'warn').mockImplementation(line('stderr')),
    vi.spyOn(console, 'error').mockImplementation(line('stderr')),
  ];
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const code = await runCommandLine(args);
    return { code, ...written };
  } finally {
    process.chdir(before);
    for (const spy of spies) spy.mockRestore();
  }
}

/** Runs it, and fails with what it said unless it succeeds. */
export async function succeed(args: readonly string[], cwd: string): Promise<Outcome> {
  const outcome = await pyroved(args, cwd);
  if (outcome.code !== 0) throw new Error(`pyroved ${args.join(' ')} failed (${outcome.code}):\n${outcome.stderr}`);
  return outcome;
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'pyroved-'));
export const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** Writes a file and the folders above it. */
export function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** A flag on its pole; like the L, without any symmetry. */
export const flag = [...[-0.6, -0.2, 0.2, 0.6].map((y) => [0, y] as const), [0.35, 0.55], [0.35, 0.2]] as const;
export const shapes = { ell, flag };
export type ShapeName = keyof typeof shapes;

/** Side of the pictures below, in pixels. */
export const side = 24;

export const picture = (shape: ShapeName, degrees: number): Float32Array =>
  draw(shapes[shape], side, (degrees * Math.PI) / 180);

/** Grey values in [0, 1] as a PNG, `brightness` being white. */
export function png(pixels: Float32Array, depth: 8 | 16 = 8, brightness = 1): Uint8Array {
  const white = (2 ** depth - 1) * brightness;
  const values = Array.from(pixels, (v) => Math.round(v * white));
  const data = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  const size = Math.sqrt(pixels.length);
  return encode({ width: size, height: size, channels: 1, depth, data });
}

/** The same as a floating-point TIFF of one strip. */
export function tiff(pixels: Float32Array): Uint8Array {
  const size = Math.sqrt(pixels.length);
  const bytes = 4 * pixels.length;
  const entries = [
    [256, size],
    [257, size],
    [258, 32],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [279, bytes],
    [339, 3],
  ];
  const file = Buffer.alloc(8 + bytes + 2 + 12 * entries.length + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8 + bytes, 4);
  pixels.forEach((v, i) => {
    file.writeFloatLE(v, 8 + 4 * i);
  });
  file.writeUInt16LE(entries.length, 8 + bytes);
  entries.forEach(([tag, value], k) => {
    const at = 10 + bytes + 12 * k;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(4, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  return file;
}

/** Folders "labelled" (one folder per class, nearly upright) and "unlabelled" (turned by up to `range` degrees either way) of PNGs. */
export function writeImages(root: string, { labelled = 10, unlabelled = 60, range = 60 } = {}): void {
  const rng = new RandomStream('e2e');
  for (const name of Object.keys(shapes) as ShapeName[]) {
    for (let i = 1; i <= labelled; i++)
      write(join(root, 'labelled', name, `${name}${i}.png`), png(picture(name, 4 * (rng.next() - 0.5))));
    for (let i = 1; i <= unlabelled; i++)
      write(
        join(root, 'unlabelled', `${name}${i}.png`),
        png(picture(name, 2 * range * (rng.next() - 0.5)), i % 3 === 0 ? 16 : 8),
      );
  }
}

/** Options of a training that takes a second: for what does not depend on the model. */
export const quick = [
  ...['--size', '16', '--hidden', '24,24', '--batch-size', '20', '--lr', '3e-3'],
  ...['--recognition', 'off'],
];
