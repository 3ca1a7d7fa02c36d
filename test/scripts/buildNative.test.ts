/** Where no native kernel can be built, one line says so, the reason is left for whoever asks for the kernel, and the build goes on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runScript } from './child.js';

const scratch = mkdtempSync(join(tmpdir(), 'pyro-build-native-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Builds into `folder` with the compiler `CXX`; the answer stands after what was said. */
function buildWith(CXX: string, folder: string, env: Record<string, string> = {}) {
  const into = join(scratch, folder);
  const code = `const library = await script.buildNative({ into: ${JSON.stringify(into)} }); console.log(library ?? 'none');`;
  const { status, stdout, stderr } = runScript('scripts/build-native.mjs', code, { CXX, PYRO_NATIVE: '', ...env });
  const absent = join(into, 'absent.txt');
  const reason = existsSync(absent) ? readFileSync(absent, 'utf8') : undefined;
  return { status, stderr, lines: stdout.trim().split('\n'), reason };
}

it('without a compiler', () => {
  expect(buildWith('/nonexistent', 'no compiler')).toEqual({
    status: 0,
    stderr: '',
    lines: [
      'No native kernel: no C++ compiler answers (/nonexistent). WebAssembly does its work, a few times slower.',
      'none',
    ],
    reason: 'no C++ compiler answers (/nonexistent)',
  });
});

it('where it is turned off', () => {
  expect(buildWith('', 'off', { PYRO_NATIVE: 'off' })).toMatchObject({
    lines: ['No native kernel: PYRO_NATIVE=off. WebAssembly does its work, a few times slower.', 'none'],
    reason: 'PYRO_NATIVE=off',
  });
});

it.skipIf(process.platform === 'win32')('with a compiler that fails, whose words follow the line', () => {
  const compiler = join(scratch, 'c++');
  writeFileSync(compiler, '#!/bin/sh\n[ "$1" = --version ] || { echo "no such header" >&2; exit 1; }\n', {
    mode: 0o755,
  });
  const { status, lines, reason } = buildWith(compiler, 'failing');
  expect(status).toBe(0);
  expect(lines[1]).toBe(
    `No native kernel: ${compiler} cannot build it. WebAssembly does its work, a few times slower.`,
  );
  expect(lines.slice(2, -1).join('\n')).toContain('no such header');
  expect(lines.at(-1)).toBe('none');
  expect(reason).toBe(`${compiler} cannot build it`);
});
