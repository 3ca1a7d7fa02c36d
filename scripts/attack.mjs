/**
 * Attacks the parts that must not lose, double, hang or leak anything: `npm run test:attack`. It saves its place after every unit of work, so that a run
 * that was stopped continues; docs/reliability.md says what is promised.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { cache, isMain, main, Stop, say } from './lib/process.mjs';
import { setup } from './setup.mjs';

const names = ['locks', 'kills', 'power', 'mutants', 'bombs', 'steps', 'names'];
const help = `npm run test:attack -- [options]
  --only NAMES  some of the attacks, separated by commas: ${names.join(', ')}
  --quick       a tenth of the work
  --restart     begin anew; without it, a run that was stopped continues`;

const options = {
  only: { type: 'string', default: names.join(',') },
  quick: { type: 'boolean', default: false },
  restart: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options });
    if (values.help) return say(help);
    const chosen = values.only.split(',');
    const unknown = chosen.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Stop(`There is no attack "${unknown}". There are ${names.join(', ')}.`);
    await setup();
    await build();
    const file = join(cache, `attack${values.quick ? '-quick' : ''}.json`);
    mkdirSync(cache, { recursive: true });
    const state = !values.restart && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    const save = () => writeFileSync(file, JSON.stringify(state, null, 2));
    let isBroken = false;
    for (const name of chosen) {
      if (values.restart) delete state[name];
      const attack = await import(`./attack/${name}.mjs`);
      isBroken = !(await carriedOut(attack, state, values.quick, save)) || isBroken;
    }
    return isBroken ? 1 : 0;
  });
}

/** Carries out what is missing of an attack, and says what came of it; whether every bar holds. */
async function carriedOut(attack, state, quick, save) {
  const { name, title, bars } = attack;
  const units = attack.units(quick);
  state[name] ??= { done: 0, seconds: 0, figures: {}, failures: [], notes: [] };
  const result = state[name];
  const work = result.done < units ? await attack.open() : undefined;
  try {
    while (work && result.done < units) {
      const began = Date.now();
      const { figures, failures = [], notes = [] } = await work.unit(result.done);
      for (const [key, count] of Object.entries(figures)) result.figures[key] = (result.figures[key] ?? 0) + count;
      result.failures.push(...failures.slice(0, 20));
      result.notes = [...new Set([...result.notes, ...notes])];
      result.done += 1;
      result.seconds += (Date.now() - began) / 1000;
      save();
      if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${result.done} of ${units}   `);
    }
  } finally {
    await work?.close?.();
    if (process.stderr.isTTY) process.stderr.write('\r');
  }
  const counts = Object.entries(result.figures).map(([key, count]) => `${count.toLocaleString('en')} ${key}`);
  say(`${title}: ${counts.join(', ')} (${Math.round(result.seconds)} s)`);
  for (const note of result.notes) say(`  ${note}`);
  for (const failure of result.failures.slice(0, 20)) say(`  FAILED ${failure}`);
  return bars.every((bar) => (result.figures[bar] ?? 0) === 0);
}
