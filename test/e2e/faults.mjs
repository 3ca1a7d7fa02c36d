/**
 * Makes a process of pyroved fail on purpose, loaded with NODE_OPTIONS=--import: the training process of a seed crashes (PYRO_TEST_CRASH_SEED), a worker is
 * killed with -9 within a training step, as it saves a checkpoint or after it has written a result (PYRO_TEST_KILL, once per file PYRO_TEST_ONCE), its clock
 * is wrong by some milliseconds (PYRO_TEST_SKEW).
 */
import fs from 'node:fs';

const { PYRO_TEST_CRASH_SEED, PYRO_TEST_KILL, PYRO_TEST_ONCE, PYRO_TEST_SKEW } = process.env;
const isTraining = process.argv[1]?.endsWith('/sweep/worker.js');

if (PYRO_TEST_CRASH_SEED !== undefined && isTraining) {
  // A listener of its own would take messages before the program is ready for them.
  const { on } = process;
  process.on = (event, listener) =>
    on.call(process, event, (...args) => {
      if (event === 'message' && args[0].job?.seed === Number(PYRO_TEST_CRASH_SEED)) {
        fs.writeSync(2, 'This trial crashes.\n');
        process.kill(process.pid, 'SIGKILL');
      }
      listener(...args);
    });
}

/** Whether this is the first time. */
function isFirst() {
  try {
    fs.writeFileSync(PYRO_TEST_ONCE, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** Kills the training process and its worker. */
function killBoth() {
  for (const pid of [process.ppid, process.pid]) process.kill(pid, 'SIGKILL');
}

if (PYRO_TEST_KILL === 'step' && isTraining) {
  // A backward pass of the native kernel belongs to a step: the third one after the first epoch.
  let saved = false;
  let passes = 0;
  const { dlopen } = process;
  process.dlopen = (module, ...rest) => {
    dlopen(module, ...rest);
    const { exports } = module;
    if (typeof exports.backward !== 'function') return;
    const backward = (...args) => {
      const gradients = exports.backward(...args);
      if (saved && ++passes === 3 && isFirst()) killBoth();
      return gradients;
    };
    module.exports = { ...exports, backward };
  };
  const { send } = process;
  process.send = (answer, ...rest) => {
    saved ||= answer.is === 'saved';
    return send.call(process, answer, ...rest);
  };
}

if (PYRO_TEST_KILL === 'checkpoint' && isTraining) {
  const { renameSync } = fs;
  fs.renameSync = (from, to) => {
    if (to.endsWith('checkpoint.safetensors') && isFirst()) killBoth();
    renameSync(from, to);
  };
}

if (PYRO_TEST_KILL === 'result' && !isTraining) {
  const { linkSync } = fs;
  fs.linkSync = (from, to) => {
    linkSync(from, to);
    if (to.includes('/results/') && isFirst()) process.kill(process.pid, 'SIGKILL');
  };
}

if (PYRO_TEST_SKEW !== undefined) {
  const skew = Number(PYRO_TEST_SKEW);
  const { now } = Date;
  Date.now = () => now() + skew;
}
