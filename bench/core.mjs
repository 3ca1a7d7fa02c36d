/**
 * The core alone: SVI steps per second on programs so small that the arithmetic costs nothing, as they are and compiled, and the mixture's step written by
 * hand. With `reference` the same in NumPyro (a jitted step in a loop, and all steps in one `fori_loop`) and in Pyro, in the same run. Rates are per
 * second of processor time, here and there, so that other processes cost neither side anything.
 */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { Adam, SVI } from 'pyro-ts';
import { coreModels } from './coreModels.mjs';
import { handwrittenMixture } from './handwritten.mjs';
import { pyroFigures } from './reference/run.mjs';

/** Seconds of processor time so far. */
const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Steps per second of `take(n)`, in rounds that grow until they fill the time. */
function rateOf(take, seconds) {
  take(5);
  for (let n = 10; ; n *= 2) {
    const start = processorTime();
    take(n);
    const taken = processorTime() - start;
    if (taken >= seconds || n > 1e8) return n / taken;
  }
}

const round = (x) => (x === undefined ? undefined : Math.round(x));

/** `core` of the benchmark's JSON; `models` by name, all of them by default. Large products run on the loops of `kernel`, by default the fastest. */
export async function benchCore({ engine = 'wasm', kernel, reference = false, seconds = 3, models } = {}) {
  await selectEngine({ engine });
  const loops = await selectKernel({ threads: 1, ...(kernel && { kernel }) });
  try {
    return measure({ engine, kernel: loops.name, reference, seconds, models });
  } finally {
    loops.dispose();
  }
}

function measure({ engine, kernel, reference, seconds, models }) {
  const numpyro = reference ? figuresOf('NumPyro', 'numpyro_core.py', seconds) : {};
  const pyro = reference ? figuresOf('Pyro', 'pyro_core.py', seconds) : {};
  const chosen = coreModels().filter(({ model }) => models === undefined || models.includes(model));
  const rows = chosen.map(({ model, program, guide, elbo, lr = 0.01 }) => {
    const make = (compile) => new SVI(program, guide, new Adam({ lr }), elbo(), { compile });
    const plain = make(false);
    const stepsPerSecond = rateOf((n) => plain.run(n), seconds / 3);
    const svi = make(true);
    const start = processorTime();
    svi.run(1);
    const compileSeconds = processorTime() - start;
    const compiled = rateOf((n) => svi.run(n), seconds);
    const theirs = numpyro.rates?.[model];
    return {
      ...{ model, engine, kernel, stepsPerSecond: round(stepsPerSecond), compiled: round(compiled) },
      compileSeconds: Number(compileSeconds.toFixed(3)),
      ...(theirs && { jitted: round(theirs.jitted), loop: round(theirs.loop), overLoop: ratio(compiled, theirs.loop) }),
      ...(pyro.rates?.[model] && { pyro: round(pyro.rates[model]), overPyro: ratio(compiled, pyro.rates[model]) }),
      ...(theirs && { theirCompileSeconds: ratio(theirs.compileSeconds, 1) }),
      ...((theirs || pyro.versions) && { versions: { ...numpyro.versions, ...pyro.versions } }),
    };
  });
  const step = handwrittenMixture();
  const compiled = rateOf((n) => {
    for (let i = 0; i < n; i++) step();
  }, seconds);
  return [...rows, { model: 'gaussian mixture by hand', compiled: round(compiled) }];
}

const ratio = (a, b) => Number((a / b).toFixed(2));

/** Figures of a reference, or nothing and a word why: ours stand without them. */
function figuresOf(name, script, seconds) {
  try {
    return pyroFigures(script, ['--seconds', String(seconds)]);
  } catch (error) {
    console.error(`${name}'s part of the core could not run: ${error.message}`);
    return {};
  }
}
