/** The command `pyroved`, in a process of its own. */
import { runCommandLine } from './commandLine.js';

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const code = await runCommandLine(process.argv.slice(2));
// A training that a signal stopped has set the status of that signal.
if (code !== 0) process.exitCode = code;
