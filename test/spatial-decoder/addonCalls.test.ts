/** Calls of the native addon past its wrapper: sizes that overflow, handles of other things, arrays that are detached while they are read. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isas } from './nativeKernels.js';

interface Outcome {
  readonly calls: readonly (readonly [what: string, message: string])[];
  readonly wrong: number;
}

it.skipIf(isas.length === 0)('end in errors, and the process goes on', () => {
  const program = fileURLToPath(new URL('../../scripts/attack/addonCalls.mjs', import.meta.url));
  const { status, signal, stdout } = spawnSync(process.execPath, [program, '2000'], { encoding: 'utf8' });
  expect([status, signal]).toEqual([0, null]);
  const { calls, wrong }: Outcome = JSON.parse(stdout);
  const messages = Object.fromEntries(calls);
  expect(messages).toMatchObject({
    overflow: 'native kernel: the problem is larger than any array',
    'encoder overflow': 'native kernel: the problem is larger than any array',
    'a kept call as a kernel': "native kernel: the kernel's handle is missing",
    'a kernel as a kept call': 'native kernel: the kept activations are no handle',
    'a kept call of the decoder in the encoder': 'native kernel: the kept activations are no handle',
    'a kept call of another problem': 'native kernel: the kept activations are of another call',
    'a kept call of another kernel': 'native kernel: the kept activations are of another call',
    'a product beyond its operands': 'native kernel: the left operand does not hold its matrix',
    'a product of more than any array': 'native kernel: the problem is larger than any array',
    'detached while it is read': expect.stringMatching(/the grid has 0 numbers/),
  });
  expect(Object.values(messages).filter((message) => message === 'done')).toHaveLength(1);
  expect(wrong).toBeGreaterThan(1000);
});
