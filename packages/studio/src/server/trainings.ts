/** The trainings that the page has started: each a process of the `pyroved` command, which writes its run folder as always. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { StudioError } from './errors.js';
import type { RunPlace } from './runLibrary.js';

/** How many of the last lines of a training are kept. */
const KEPT_LINES = 200;

interface Training {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
  isActive: boolean;
  /** Why it failed. */
  failure?: string;
}

/** Starts, stops and remembers trainings. */
export class Trainings {
  readonly #trainings = new Map<string, Training>();
  readonly #listeners = new Set<(id: string, line: string) => void>();

  /**
   * @param program the file of the `pyroved` command
   * @param cwd the folder that relative paths of images refer to
   */
  constructor(
    private readonly program: string,
    private readonly cwd: string,
  ) {}

  /** @throws {StudioError} when a training of this run is active. */
  start({ id, name }: RunPlace, args: readonly string[]): void {
    if (this.isActive(id)) throw new StudioError(`${name} is being trained. Stop it first.`, 409);
    const child = spawn(process.execPath, [this.program, ...args], {
      cwd: this.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const training: Training = { child, lines: [], ended, isActive: true };
    this.#trainings.set(id, training);
    const keep = (line: string): void => {
      training.lines.push(line);
      if (training.lines.length > KEPT_LINES) training.lines.shift();
      for (const listener of this.#listeners) listener(id, line);
    };
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', keep);
    child.once('error', ({ message }) => {
      training.isActive = false;
      training.failure = `The training could not be started: ${message}`;
    });
    child.once('close', (code, signal) => {
      training.isActive = false;
      // A process that has just been started does not handle the signal yet, and has nothing to save.
      const isStopped = code === 0 || code === 130 || code === 143 || signal === 'SIGINT';
      if (!isStopped)
        training.failure =
          signal !== null
            ? `The training was killed (${signal}). Resume it to continue from its last checkpoint.`
            : (training.lines.findLast((line) => line.startsWith('pyroved: '))?.slice('pyroved: '.length) ??
              training.lines.at(-1) ??
              `The training ended with status ${code}.`);
    });
  }

  /** Lets the training save its state and end. @throws {StudioError} when the studio has not started it. */
  stop({ id, name }: RunPlace): void {
    const training = this.#trainings.get(id);
    if (!training?.isActive)
      throw new StudioError(`${name} was not started here. Stop it where it was started, with Ctrl-C.`, 409);
    training.child.kill('SIGINT');
  }

  isActive(id: string): boolean {
    return this.#trainings.get(id)?.isActive === true;
  }

  /** Why the last training of a run failed, if it did. */
  failure(id: string): string | undefined {
    return this.#trainings.get(id)?.failure;
  }

  /** The last lines that the training of a run has written. */
  log(id: string): readonly string[] {
    return this.#trainings.get(id)?.lines ?? [];
  }

  /** @returns a function that ends it */
  onLine(listener: (id: string, line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Lets all trainings save their state and end. */
  async close(): Promise<void> {
    const active = [...this.#trainings.values()].filter(({ isActive }) => isActive);
    for (const { child } of active) child.kill('SIGINT');
    await Promise.all(active.map(({ ended }) => ended));
  }
}
