import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // Eager steps make many short-lived objects: a larger young generation is collected less often.
    execArgv: ['--max-semi-space-size=128'],
    // Files share a process, since loading TensorFlow.js takes longer than most of them; test/setup.ts puts the engine back for each.
    isolate: false,
    // The packages are loaded as Node loads them, not transformed.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    maxWorkers: 2,
    // One limit for all: a test that hangs ends, and one that trains has time on a busy machine too.
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
