/** Pauses, resumes and cancels a distributed study from outside. */
import { openStore } from '../shared/open.js';
import type { SharedStore } from '../shared/store.js';
import type { QueueRecord } from '../storage/study.js';
import type { QueueAddress } from './address.js';
import { QueueServer } from './connect.js';
import { ServerQueue } from './serverQueue.js';
import { cancelStudy, queueName } from './studies.js';
import type { QueueCounts } from './taskQueue.js';
import { MOST_STALLS } from './worker.js';

export class StudyControl implements AsyncDisposable {
  private constructor(
    private readonly id: string,
    private readonly store: SharedStore,
    private readonly server: QueueServer,
    private readonly queue: ServerQueue,
  ) {}

  /** @throws {QueueError} when the server cannot be reached */
  static async open({ id, storage }: QueueRecord, address: QueueAddress): Promise<StudyControl> {
    const server = await QueueServer.connect(address);
    const queue = await ServerQueue.open(server, { name: queueName(id), lease: 30_000, mostStalls: MOST_STALLS });
    return new StudyControl(id, await openStore(storage), server, queue);
  }

  counts(): Promise<QueueCounts> {
    return this.queue.counts();
  }

  pause(): Promise<void> {
    return this.queue.pause();
  }

  resume(): Promise<void> {
    return this.queue.resume();
  }

  async cancel(): Promise<void> {
    await cancelStudy(this.store, this.id);
    await this.queue.pause();
    await this.queue.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
