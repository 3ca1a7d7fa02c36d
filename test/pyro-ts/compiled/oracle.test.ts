/** Random discrete programs, compiled and not. `npm run test:compiled` tries many more. */
import { RandomStream, TraceEnumELBO } from 'pyro-ts';
import { expect, test } from 'vitest';
import { guideOf, modelOf } from '../oracle/asPrograms.js';
import { chainProgram, platedProgram, type RandomProgram } from '../oracle/program.js';
import { whyRejected } from '../oracle/unrolled.js';
import { expectFollowed } from './followed.js';

const runs = process.env.PYRO_TESTS === 'all' ? 500 : 6;

function follow(program: RandomProgram, seed: number): void {
  const { maxPlateNesting, numParticles } = program;
  const parameters = Object.entries(program.tables).filter(([key]) => !key.startsWith('offset'));
  expectFollowed({
    model: modelOf(program),
    guide: guideOf(program),
    elbo: () => new TraceEnumELBO({ maxPlateNesting, numParticles, vectorizeParticles: true }),
    parameters: Object.fromEntries(parameters.map(([key, table]) => [key, [...table]])),
    seed,
    tolerance: 2e-5,
  });
}

test.each([
  ['plates', platedProgram],
  ['chains', chainProgram],
] as const)('random programs with %s', (what, makeProgram) => {
  let compared = 0;
  for (let i = 0; i < runs; i++) {
    const program = makeProgram(new RandomStream(`${what} ${i}`));
    if (whyRejected(program)) continue;
    follow(program, i);
    compared++;
  }
  expect(compared).toBeGreaterThan(runs / 3);
});
