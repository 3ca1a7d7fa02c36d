/** Kills workers of distributed sweeps at random, or measures what a queue costs: `npm run test:queue`. docs/reliability.md says what is promised. */
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { isMain, main, Stop, say } from './lib/process.mjs';
import { closingLine, runTests } from './lib/vitest.mjs';
import { setup } from './setup.mjs';

const help = `npm run test:queue -- [options]
  --kills N  kills on each server, PostgreSQL and Redis (default: 200)
  --costs    measures time per trial, many small tasks and five workers instead; needs a machine without other work`;

const flag = { type: 'boolean', default: false };
const options = { kills: { type: 'string', default: '200' }, costs: flag, help: { ...flag, short: 'h' } };

if (isMain(import.meta.url)) {
  await main(async () => {
    const { values } = parseArgs({ options });
    if (values.help) return say(help);
    if (!(Number(values.kills) >= 1)) throw new Stop(`--kills must be an integer of at least 1; got ${values.kills}.`);
    await setup();
    await build({ tests: true });
    const result = values.costs
      ? await runTests(['test/e2e/queueCosts.test.ts'], { env: { PYRO_QUEUE_COSTS: '1' } })
      : await runTests(['test/e2e/queueKills.test.ts'], { env: { PYRO_QUEUE_KILLS: values.kills } });
    say(closingLine(result));
    return result.code;
  });
}
