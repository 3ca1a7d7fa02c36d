/** Which precision a run works in: kept in its folder and when it resumes; rejected where the processor does not support it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolder } from 'pyroved';
import { afterAll, expect, it } from 'vitest';
import { processTest, slow } from '../slow.js';
import { isas } from '../spatial-decoder/nativeKernels.js';
import { pyroved, remove, start, succeed, temporaryFolder } from './helpers.js';

const root = temporaryFolder();
const at = (...path: string[]) => join(root, ...path);
afterAll(() => remove(root));

const hasAmx = isas.includes('amx');
const cards = [
  ...['train', 'cards', '--size', '12', '--labelled-per-class', '4', '--unlabelled-per-class', '12'],
  ...['--validation-per-class', '3', '--hidden', '8,8', '--batch-size', '12', '--epochs', '2'],
  ...['--recognition', 'off', '--no-report'],
];
const tensorsOf = (name: string) => [...RunFolder.open(at(name)).loadCheckpoint().checkpoint.tensors];

/** Stops a training after it has begun. */
async function stopped(args: readonly string[]): Promise<void> {
  const begun = start(args, root);
  await begun.until(' each: about');
  begun.child.kill('SIGINT');
  await begun.ended;
}

slow('is float32 by default, whatever the instruction set that a variable names', async () => {
  await stopped([...cards, '--out', 'plain']);
  const { config } = RunFolder.open(at('plain'));
  expect(config.precision).toBe('float32');
  // On a processor without AMX the variable alone would be an error.
  const { code, stderr } = await start(['train', '--resume', 'plain', '--no-report'], root, { PYRO_NATIVE_ISA: 'amx' })
    .ended;
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('AMX')]);
  await succeed([...cards, '--precision', 'float32', '--out', 'told'], root);
  expect(tensorsOf('plain')).toEqual(tensorsOf('told'));
});

(hasAmx ? it.skip : processTest)(
  'bfloat16 is rejected where there is no AMX, also of a run that was begun elsewhere',
  async () => {
    const asked = await pyroved([...cards, '--precision', 'bfloat16', '--out', 'never'], root);
    expect([asked.code, asked.stderr]).toEqual([
      1,
      expect.stringMatching(
        /pyroved: No kernel runs here in bfloat16: native: .*Choose float32 \(precision, --precision\)/,
      ),
    ]);
    await stopped([...cards, '--out', 'elsewhere']);
    const file = at('elsewhere', 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...config, kernel: 'native', precision: 'bfloat16' }));
    const resumed = await pyroved(['train', '--resume', 'elsewhere'], root);
    expect([resumed.code, resumed.stderr]).toEqual([
      1,
      expect.stringContaining('The kernel "native" does not run here in bfloat16 (requested): '),
    ]);
    const asAnother = ['train', '--resume', 'elsewhere', '--no-report', '--precision', 'float32', '--kernel', 'wasm'];
    const { stderr } = await succeed(asAnother, root);
    expect(stderr).toMatch(
      /The run was started with engine \w+ and kernel native in bfloat16; with \w+ and wasm the numbers will differ\.\n/,
    );
    writeFileSync(file, JSON.stringify({ ...config, precision: 'float16' }));
    const damaged = await pyroved(['train', '--resume', 'elsewhere'], root);
    expect(damaged.stderr).toContain('"precision" must be float32 or bfloat16; got "float16".');
  },
);

(hasAmx ? processTest : it.skip)(
  'bfloat16 is kept in the folder and when it resumes, to the same numbers',
  async () => {
    await succeed([...cards, '--precision', 'bfloat16', '--out', 'rounded'], root);
    expect(RunFolder.open(at('rounded')).config).toMatchObject({ kernel: 'native', precision: 'bfloat16' });
    await stopped([...cards, '--precision', 'bfloat16', '--out', 'part']);
    const { stderr } = await succeed(['train', '--resume', 'part', '--no-report'], root);
    expect(stderr).toContain('AMX, bfloat16');
    expect(stderr).not.toContain('numbers will differ');
    expect(tensorsOf('part')).toEqual(tensorsOf('rounded'));
    // A variable that asks for AMX is kept as what it means.
    const { code } = await start([...cards, '--out', 'variable'], root, { PYRO_NATIVE_ISA: 'amx' }).ended;
    expect([code, RunFolder.open(at('variable')).config.precision]).toEqual([0, 'bfloat16']);
    await succeed([...cards, '--out', 'exact'], root);
    expect(tensorsOf('exact')).not.toEqual(tensorsOf('rounded'));
  },
);
