/** The simulation of a queue against closed forms: the wait of M/M/c, the drain of a full queue, a server at its limit, and work that is lost and done again. */
import { describe, expect, it } from 'vitest';

interface Plan {
  readonly tasks: number;
  readonly workers: number;
  readonly service: (random: { next(): number }) => number;
  readonly arrivals?: number;
  readonly server?: number;
  readonly failures?: number;
  readonly lease?: number;
  readonly restart?: number;
  readonly checkpoint?: number;
  readonly seed?: string;
}

interface Script {
  readonly simulate: (
    plan: Plan,
  ) => Record<'seconds' | 'meanWait' | 'utilisation' | 'serverUtilisation' | 'lost', number>;
  readonly erlangWait: (plan: Record<'arrivals' | 'serviceRate' | 'workers', number>) => number;
}

const { erlangWait, simulate }: Script = await import(new URL('../../bench/queueSimulation.mjs', import.meta.url).href);

const exponential = (rate: number) => (random: { next(): number }) => -Math.log(1 - random.next()) / rate;

describe('a simulated queue', () => {
  it.each([
    [1, 0.7],
    [3, 2.4],
    [10, 8],
  ])('of %i workers and %f arrivals per second waits as M/M/c does', (workers, arrivals) => {
    const { meanWait, utilisation } = simulate({
      tasks: 200_000,
      workers,
      arrivals,
      service: exponential(1),
      seed: 'a',
    });
    const expected = erlangWait({ arrivals, serviceRate: 1, workers });
    expect(Math.abs(meanWait / expected - 1)).toBeLessThan(0.06);
    expect(utilisation).toBeCloseTo(arrivals / workers, 1);
  });

  it('of one worker has the wait of M/M/1', () => {
    expect(erlangWait({ arrivals: 0.7, serviceRate: 1, workers: 1 })).toBeCloseTo(0.7 / (1 - 0.7), 12);
  });

  it('drains equal tasks in rounds', () => {
    expect(simulate({ tasks: 10, workers: 4, service: () => 5 })).toMatchObject({ seconds: 15, lost: 0 });
  });

  it('is limited by its server', () => {
    // Two requests of 0.01 s for each of 1,000 tasks.
    const { seconds, serverUtilisation } = simulate({ tasks: 1000, workers: 500, server: 0.01, service: () => 0.001 });
    expect(seconds).toBeGreaterThanOrEqual(20 - 0.011);
    expect(seconds).toBeLessThan(20.1);
    expect(serverUtilisation).toBeGreaterThan(0.99);
  });

  it('does lost work again, unless it was saved', () => {
    const plan = { tasks: 20_000, workers: 50, service: () => 100, failures: 1 / 100, lease: 0, restart: 0, seed: 'b' };
    // Repeated from the beginning, a task of length T takes (e^(rate T) - 1) / rate of work.
    const again = simulate(plan);
    expect((again.seconds * 50 * again.utilisation) / 20_000).toBeCloseTo(100 * (Math.E - 1), -1);
    expect(again.lost / 20_000).toBeCloseTo(Math.E - 1, 1);
    const saved = simulate({ ...plan, checkpoint: 0 });
    expect((saved.seconds * 50 * saved.utilisation) / 20_000).toBeCloseTo(100, 6);
  });

  it('is the same for the same seed', () => {
    const plan = { tasks: 500, workers: 7, service: exponential(1), failures: 0.1 };
    expect(simulate(plan)).toEqual(simulate(plan));
    expect(simulate({ ...plan, seed: 'other' }).seconds).not.toBe(simulate(plan).seconds);
  });
});
