/**
 * A discrete-event simulation of a queue of tasks: workers that take time for each task, are lost at random and leave their task until its lease ends, and a server that
 * hands out and completes tasks one at a time. `node bench/queueSimulation.mjs` checks the plans of docs/scale.md with it.
 */
import { RandomStream } from 'pyro-ts';
import { isMain } from '../scripts/lib/process.mjs';

/** A binary heap of events, the earliest first; of two at the same time, the one that was added first. */
class Agenda {
  #heap = [];
  #count = 0;

  add(at, run) {
    const heap = this.#heap;
    const event = { at, order: this.#count++, run };
    let i = heap.push(event) - 1;
    while (i > 0 && before(event, heap[(i - 1) >> 1])) {
      heap[i] = heap[(i - 1) >> 1];
      i = (i - 1) >> 1;
    }
    heap[i] = event;
  }

  next() {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (heap.length === 0 || first === undefined) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (child >= heap.length || !before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

const before = (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * Seconds are the unit of all times.
 * @param {object} plan
 * @param {number} plan.tasks
 * @param {number} plan.workers
 * @param {(random: RandomStream) => number} plan.service time of a task
 * @param {number} [plan.arrivals] tasks per second, at exponential intervals; all are there from the beginning without it
 * @param {number} [plan.server] time of the server for each task that it hands out, and for each that is completed
 * @param {number} [plan.failures] losses of a worker per second of work
 * @param {number} [plan.lease] until the task of a lost worker is given to another one
 * @param {number} [plan.restart] until a lost worker is back
 * @param {number} [plan.checkpoint] of the work of a lost worker, what is more than this long before is kept; all is lost without it
 * @param {string} [plan.seed]
 */
export function simulate(plan) {
  const { tasks, workers, service, arrivals, server = 0, failures = 0, lease = 30, restart = 60 } = plan;
  const { checkpoint = Number.POSITIVE_INFINITY, seed = 'queue' } = plan;
  const random = new RandomStream(seed);
  const exponential = (rate) => -Math.log(1 - random.next()) / rate;
  const agenda = new Agenda();
  const waiting = [];
  let head = 0;
  let idle = workers;
  let done = 0;
  let lost = 0;
  let waited = 0;
  let begun = 0;
  let serverFree = 0;
  let serverBusy = 0;
  let busy = 0;
  let now = 0;

  /** When the server has dealt with a request of now. */
  const served = () => {
    serverFree = Math.max(serverFree, now) + server;
    serverBusy += server;
    return serverFree;
  };
  const begin = () => {
    while (idle > 0 && head < waiting.length) {
      const task = waiting[head++];
      idle--;
      const at = served();
      if (!task.isAgain) {
        waited += at - task.since;
        begun++;
      }
      const life = failures > 0 ? exponential(failures) : Number.POSITIVE_INFINITY;
      if (life >= task.left) agenda.add(at + task.left, () => complete(task.left));
      else agenda.add(at + life, () => lose(task, life));
    }
  };
  const complete = (spent) => {
    busy += spent;
    agenda.add(served(), () => {
      done++;
      idle++;
      begin();
    });
  };
  const lose = (task, spent) => {
    busy += spent;
    lost++;
    const kept = Math.max(0, spent - checkpoint);
    agenda.add(now + lease, () => {
      waiting.push({ since: now, left: task.left - kept, isAgain: true });
      begin();
    });
    agenda.add(now + restart, () => {
      idle++;
      begin();
    });
  };
  const arrive = () => {
    waiting.push({ since: now, left: service(random), isAgain: false });
    begin();
  };
  let planned = 0;
  const nextArrival = () => {
    if (planned++ >= tasks) return;
    agenda.add(now + exponential(arrivals), () => {
      arrive();
      nextArrival();
    });
  };
  if (arrivals === undefined) for (let i = 0; i < tasks; i++) arrive();
  else nextArrival();
  while (done < tasks) {
    const event = agenda.next();
    now = event.at;
    event.run();
  }
  return {
    seconds: now,
    /** Mean time of a task in the queue before its first delivery. */
    meanWait: waited / begun,
    /** Share of the time of all workers that was spent on tasks, also on work that was lost. */
    utilisation: busy / (workers * now),
    serverUtilisation: serverBusy / now,
    lost,
  };
}

/** Mean wait of M/M/c (Erlang's second formula): Poisson arrivals, exponential service times, `workers` servers. */
export function erlangWait({ arrivals, serviceRate, workers }) {
  const load = arrivals / serviceRate;
  // The blocking probability of Erlang's first formula, by its recursion.
  let blocked = 1;
  for (let c = 1; c <= workers; c++) blocked = (load * blocked) / (c + load * blocked);
  const waits = blocked / (1 - (load / workers) * (1 - blocked));
  return waits / (workers * serviceRate - arrivals);
}

/** Of 33 s for 100,000 small tasks on Redis 7.0: two requests each. */
const SERVER = 33 / 100_000 / 2;

/** The plans of docs/scale.md, with the constants that were measured there. */
export const plans = {
  /** 10^9 images in shards of 50,000, at 1 / `imagesPerSecond` each. */
  archive: ({ imagesPerSecond, workers }) => ({
    ...{ tasks: 20_000, workers, server: SERVER, failures: 1 / (24 * 3600), lease: 30, restart: 120 },
    // Shards differ by a tenth.
    service: (random) => (50_000 / imagesPerSecond) * (0.9 + 0.2 * random.next()),
  }),
  /** 10^4 trials of a tenth of an hour to an hour, checkpoints every 10 seconds. */
  trials: ({ workers }) => ({
    ...{ tasks: 10_000, workers, server: SERVER, failures: 1 / (24 * 3600), lease: 30, restart: 120, checkpoint: 10 },
    service: (random) => 360 * 10 ** random.next(),
  }),
};

if (isMain(import.meta.url)) {
  const hours = ({ seconds, ...rest }) => ({ hours: seconds / 3600, ...rest });
  const imagesPerSecond = Number(process.argv[2] ?? 300);
  const rows = {};
  for (const workers of [100, 1000, 10_000]) {
    rows[`archive, ${workers} workers`] = hours(simulate(plans.archive({ imagesPerSecond, workers })));
    rows[`trials, ${workers} workers`] = hours(simulate(plans.trials({ workers })));
  }
  // Shards so short that the server is busy all the time.
  const short = { tasks: 200_000, workers: 1000, server: SERVER, service: () => 0.1 };
  rows['tasks of 0.1 s, 1000 workers'] = hours(simulate(short));
  console.table(rows);
}
