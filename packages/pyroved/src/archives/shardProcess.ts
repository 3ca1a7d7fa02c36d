/** A process that classifies one shard at a time; a shard whose process dies is tried again in a new one. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PyrovedError } from 'pyroved-ts';
import { ADDRESS_FILE_VARIABLE, ADDRESS_VARIABLE } from '../queue/address.js';
import type { ShardPlan } from './plan.js';

export interface ShardOrder {
  readonly plan: ShardPlan;
  readonly shard: number;
}

/** `rejected`: with a message for the user; `failed`: any other exception. */
export type ShardAnswer =
  | { readonly is: 'done'; readonly rows: number; readonly seconds: number; readonly cpuSeconds: number }
  | { readonly is: 'rejected' | 'failed'; readonly message: string };

/** A shard whose process dies this many times has failed. */
const ATTEMPTS = 3;

const program = fileURLToPath(new URL('shardProgram.js', import.meta.url));

export class ShardProcess implements Disposable {
  #child: ChildProcess | undefined;

  constructor(private readonly plan: ShardPlan) {}

  /**
   * Classifies a shard and stores its table.
   * @throws {PyrovedError} when it cannot be classified, or its process died three times
   */
  async run(shard: number): Promise<Extract<ShardAnswer, { readonly is: 'done' }>> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#try(shard);
      if (answer.is === 'done') return answer;
      if (answer.is !== 'died') throw new PyrovedError(`Shard ${shard}: ${answer.message}`);
      if (attempt === ATTEMPTS)
        throw new PyrovedError(`Shard ${shard}: its process ended ${ATTEMPTS} times, at last ${answer.message}.`);
    }
  }

  [Symbol.dispose](): void {
    this.#child?.disconnect();
    this.#child = undefined;
  }

  #try(shard: number): Promise<ShardAnswer | { readonly is: 'died'; readonly message: string }> {
    this.#child ??= this.#start();
    const child = this.#child;
    return new Promise((resolve) => {
      const onAnswer = (answer: ShardAnswer) => finish(answer);
      const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#child = undefined;
        finish({ is: 'died', message: signal === null ? `with status ${code}` : `by ${signal}` });
      };
      const finish = (answer: ShardAnswer | { readonly is: 'died'; readonly message: string }) => {
        child.off('message', onAnswer);
        child.off('exit', onExit);
        resolve(answer);
      };
      child.once('message', onAnswer);
      child.once('exit', onExit);
      const order: ShardOrder = { plan: this.plan, shard };
      // What cannot be sent was for a dying process, whose exit follows.
      child.send(order, () => {});
    });
  }

  #start(): ChildProcess {
    // Classifying needs no queue.
    const { [ADDRESS_VARIABLE]: _, [ADDRESS_FILE_VARIABLE]: __, ...env } = process.env;
    return fork(program, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env });
  }
}
