/**
 * Random programs against a sum over all values of all copies of all variables in plain numbers: the loss, the derivative of the loss in all
 * parameters along a random direction, and which programs are rejected. `npm run test:oracle` tries many more programs.
 */
import { EnumerationError, RandomStream } from 'pyro-ts';
import { expect, test } from 'vitest';
import { all } from '../../slow.js';
import { enumerated, type Outcome } from '../enumeration/helpers.js';
import { guideOf, modelOf } from './asPrograms.js';
import { chainProgram, platedProgram, type RandomProgram } from './program.js';
import { exactBound, numTerms, whyRejected } from './unrolled.js';

const runs = all ? 2000 : 40;
const mostTerms = 20_000;

const messages = { global: /no more global/, scale: /common scale/ };

/** Checks one program; says whether it was rejected, as it must be. */
function check(program: RandomProgram, rng: RandomStream, what: string): boolean {
  const { tables, maxPlateNesting, numParticles } = program;
  const parameters = Object.fromEntries(Object.entries(tables).filter(([key]) => !key.startsWith('offset')));
  const run = (): Outcome =>
    enumerated(parameters as Record<string, number[]>, maxPlateNesting, modelOf(program), guideOf(program), {
      numParticles,
      vectorizeParticles: true,
    });
  const rejected = whyRejected(program);
  if (rejected) {
    expect(run, what).toThrow(EnumerationError);
    expect(run, what).toThrow(messages[rejected]);
    return true;
  }
  const { loss, gradients } = run();
  const bound = exactBound(program);
  const exact = bound(tables);
  expect(Math.abs(loss + exact), `${what}: loss ${loss}, exact ${-exact}`).toBeLessThan(
    3e-5 * Math.max(1, Math.abs(exact)),
  );

  const direction = Object.fromEntries(
    Object.entries(parameters).map(([key, table]) => [key, table.map(() => rng.nextNormal())]),
  );
  const moved = (h: number) => {
    const entries = Object.entries(direction).map(([key, d]) => [key, tables[key].map((x, i) => x + h * d[i])]);
    return bound({ ...tables, ...Object.fromEntries(entries) });
  };
  const slope = (moved(1e-4) - moved(-1e-4)) / 2e-4;
  let found = 0;
  let size = 1;
  for (const [key, d] of Object.entries(direction)) {
    for (const [i, x] of d.entries()) {
      const term = (gradients.get(key)?.[i] ?? 0) * x;
      found += term;
      size += Math.abs(term);
    }
  }
  expect(Math.abs(found + slope), `${what}: slope ${found}, exact ${-slope}`).toBeLessThan(1e-4 * size);
  return false;
}

test.each([
  ['plated models', platedProgram],
  ['chains', chainProgram],
])('%s', { timeout: 3_600_000 }, (name, make) => {
  let [done, rejections] = [0, 0];
  for (let seed = 0; done < runs; seed++) {
    const rng = new RandomStream(`${name} ${seed}`);
    const program = make(rng);
    if (numTerms(program) > mostTerms) continue;
    if (check(program, rng, `${name}, seed ${seed}`)) rejections++;
    done++;
  }
  expect(rejections).toBeLessThan(0.4 * runs);
});
