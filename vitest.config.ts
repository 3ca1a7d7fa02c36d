import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // Files share a process, since loading TensorFlow.js takes longer than most of them; test/setup.ts puts the engine back for each.
    isolate: false,
    maxWorkers: 2,
    // One limit for all: a test that hangs ends, and one that trains has time on a busy machine too.
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
