/** The command: its arguments, the arrays that Python reads, a toy task with and without Python, resuming, and the page. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { loadSets } from 'pyroved';
import { decodeNpy } from 'pyroved-data';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, evaluate, loadScript, runScript } from '../scripts/child.js';
import { all, slow } from '../slow.js';

const script = 'scripts/benchmark.mjs';
const scratch = mkdtempSync(join(tmpdir(), 'pyroved-benchmark-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What is called here of the plan. */
interface Plan {
  chosenTasks<Task extends { readonly name: string }>(tasks: readonly Task[], options: object): Task[];
}

const failure = (args: string[]) =>
  evaluate(
    script,
    `(() => { try { script.parsed(${JSON.stringify(args)}); } catch (error) { return error.message; } })()`,
  );

describe('arguments', () => {
  it('are split and read', () => {
    const args = [
      '--tasks',
      'cards-180, digits',
      '--methods',
      'ours',
      '--seeds',
      '3',
      '--jobs',
      '2',
      '--results',
      scratch,
    ];
    expect(evaluate(script, `script.parsed(${JSON.stringify(args)})`)).toMatchObject({
      tasks: ['cards-180', 'digits'],
      methods: ['ours'],
      seeds: 3,
      jobs: 2,
      quick: false,
      results: scratch,
    });
  });

  it('that are unknown or no numbers are rejected with the usage', () => {
    expect(failure(['--seed', '1'])).toMatch(/--seed[\s\S]*--seeds N/);
    expect(failure(['--seeds', '0'])).toMatch(/--seeds is a whole number of at least 1, not "0"/);
  });
});

describe('the plan', () => {
  const plan = 'bench/benchmark/plan.mjs';
  const tasks = [
    { name: 'cards-180-15', quick: true },
    { name: 'cards-180-1' },
    { name: 'digits-45-5' },
    { name: 'toy', hidden: true },
  ];

  it('a name chooses its task or all that begin with it; hidden tasks are run by name alone', async () => {
    const { chosenTasks } = await loadScript<Plan>(plan);
    const chosen = (options: object) => chosenTasks(tasks, options).map(({ name }) => name);
    expect(chosen({})).toEqual(['cards-180-15', 'cards-180-1', 'digits-45-5']);
    expect(chosen({ tasks: ['cards-180-1'] })).toEqual(['cards-180-1']);
    expect(chosen({ tasks: ['cards', 'toy'] })).toEqual(['cards-180-15', 'cards-180-1', 'toy']);
    expect(chosen({ quick: true })).toEqual(['cards-180-15']);
    expect(() => chosen({ tasks: ['card'] })).toThrow(/There is no task "card"\. Tasks: cards-180-15/);
  });

  it('slow rivals have fewer seeds, and the time is that of finished cells where there are any', () => {
    const counted = evaluate(
      plan,
      `await (async () => {
        const { findTask } = await import(${JSON.stringify(new URL('../../bench/benchmark/tasks.mjs', import.meta.url).href)});
        const task = findTask('toy');
        const methods = ['ours', 'forest', 'cnn-turn+prep'];
        const groups = script.planCells({ tasks: [task], methods, versions: {}, settings: {} });
        const cells = groups.flatMap(({ cells }) => cells);
        const known = [{ task: 'toy', method: 'forest', seconds: 4 }, { task: 'toy', method: 'ours', seconds: 1, wallSeconds: 2 }];
        const some = cells.filter(({ seed, method }) => seed === 1 && method !== 'cnn-turn+prep');
        return {
          seeds: methods.map((name) => cells.filter(({ method }) => method === name).length),
          seconds: script.estimateSeconds(some, known, 2),
        };
      })()`,
    );
    expect(counted).toEqual({ seeds: [8, 3, 8], seconds: 4 });
  });
});

it('Python is handed the very arrays that ours is trained on', async () => {
  const file = join(scratch, 'task.npz');
  const { source } = evaluate(
    'bench/benchmark/tasks.mjs',
    `await (async () => {
      const { exportTask, taskSets } = await import(${JSON.stringify(new URL('../../bench/benchmark/arrays.mjs', import.meta.url).href)});
      const task = script.findTask('toy');
      exportTask(${JSON.stringify(file)}, await taskSets(task, 2), task.ranges);
      return { source: task.source(2) };
    })()`,
  ) as { source: Parameters<typeof loadSets>[0] };
  const arrays = new Map(
    Object.entries(unzipSync(readFileSync(file))).map(([name, bytes]) => [name.replace('.npy', ''), decodeNpy(bytes)]),
  );
  const { labelled, unlabelled, test } = await loadSets(source);
  if (!labelled || !test || 'read' in labelled || 'read' in unlabelled || 'read' in test) throw new Error('no sets');
  for (const [name, set] of Object.entries({ labelled, unlabelled, test })) {
    expect(arrays.get(name)?.shape).toEqual([set.count, 16, 16]);
    expect(arrays.get(name)?.data).toEqual(set.images);
  }
  expect(Array.from(arrays.get('testClasses')?.data ?? [])).toEqual(Array.from(test.labels ?? []));
  expect(Array.from(arrays.get('labelledClasses')?.data ?? [])).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  expect(Array.from(arrays.get('ranges')?.data ?? []).map((v) => Number(v.toFixed(4)))).toEqual([
    60, 0, 0.1, 0.7692, 1.3, 25,
  ]);
});

/** Runs the command on the toy task; `python` stands in for the Python that has the rivals. */
const onToy = (results: string, python: string, ...args: string[]): Ended =>
  runScript(
    script,
    `process.exitCode = await script.benchmark(script.parsed(${JSON.stringify(['--tasks', 'toy', '--seeds', '1', '--results', results, ...args])}));`,
    { PYRO_BENCH_PYTHON: python },
  );

slow('without Python ours runs alone and says so; a second run has nothing left to do', () => {
  const results = join(scratch, 'alone');
  const first = onToy(results, join(scratch, 'no-python'));
  expect(first.stderr).toBe('');
  expect(first.status).toBe(0);
  expect(first.stdout).toMatch(/Ours runs alone: there is no Python with torch and scikit-learn \(/);
  expect(first.stdout).toMatch(/1 cells to run, 0 finished: about/);
  expect(first.stdout).toMatch(/toy, seed 1, ours: [01]\.\d{4} in \d+ s/);
  const second = onToy(results, join(scratch, 'no-python'));
  expect(second.stdout).toMatch(/0 cells to run, 1 finished/);
  expect(second.stdout).not.toMatch(/seed 1, ours/);
  expect(second.stdout).toMatch(/Toy: cards[\s\S]*\nours +1 +[01]\.\d{4}/);
});

// A stand-in for Python is a script that names its interpreter in its first line.
describe.skipIf(!all || process.platform === 'win32')('with a rival', () => {
  const python = join(scratch, 'python');
  const results = join(scratch, 'rival');

  it('compares on the same test images, names what failed, and writes the page', () => {
    // Class 0 for every image: right for a quarter of the 40.
    const stand = `#!${process.execPath}
      const { writeFileSync } = require('node:fs');
      const args = process.argv.slice(3);
      if (args[0] === '--list') {
        console.log(JSON.stringify({ rivals: { 'cnn-turn': {}, forest: {} }, versions: { torch: '1' } }));
      } else {
        const option = (name) => args[args.indexOf('--' + name) + 1];
        if (option('rival') === 'forest') { console.error('no trees here'); process.exit(3); }
        const text = "{'descr': '<i4', 'fortran_order': False, 'shape': (40,), }".padEnd(117) + '\\n';
        const head = Buffer.concat([Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]), Buffer.from(text)]);
        writeFileSync(option('predictions'), Buffer.concat([head, Buffer.alloc(160)]));
        console.log(JSON.stringify({ accuracy: 0.25, recall: [1, 0, 0, 0], seconds: 1, memoryMB: 7, threads: 1 }));
      }`;
    writeFileSync(python, stand, { mode: 0o755 });
    // Ours has run above, where it was alone.
    cpSync(join(scratch, 'alone'), results, { recursive: true });
    const { status, stdout } = onToy(results, python);
    expect(status).toBe(1);
    expect(stdout).toMatch(/toy, seed 1, forest: no trees here/);
    expect(stdout).toMatch(/Failed: toy, seed 1, forest\./);
    expect(stdout).toMatch(/\ncnn-turn +1 +0\.2500 +0\.2500 +1 +7 +-?0\.\d{4} \[-?0\.\d{4}, -?0\.\d{4}\]/);
    const page = join(scratch, 'page.md');
    expect(onToy(results, python, '--page', page).status).toBe(0);
    const text = readFileSync(page, 'utf8');
    expect(text).toMatch(/## Toy: cards/);
    expect(text).toMatch(/\| \*\*cnn-turn\*\* \| 1 \| \.2500 \| \.2500 \| \.0000 \| 1 \| 7 \| [+-]\.\d{4} \[/);
    expect(text).toMatch(/\| \*\*ours\*\* \| 1 \|/);
  });
});
