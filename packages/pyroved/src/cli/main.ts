/** Entry point of the command `pyroved`. */
import { runCommandLine } from './commandLine.js';

// A reader such as `head` may close the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const code = await runCommandLine(process.argv.slice(2));
// A training stopped by a signal has already set the exit status.
if (code !== 0) process.exitCode = code;
