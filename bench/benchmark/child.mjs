/** Runs programs that print one line of JSON, each in its own process. */
import { spawn } from 'node:child_process';

/** Runs the program and parses the JSON that it prints. @throws {Error} with the end of its output if it fails. */
export function jsonFrom(command, args, { env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const line = stdout.split('\n').find((text) => text.startsWith('{'));
      if (code === 0 && line !== undefined) resolve(JSON.parse(line));
      else reject(new Error(lastLines(stderr) || `${command} ended with ${signal ?? code} and printed nothing`));
    });
  });
}

const lastLines = (text) => text.trim().split('\n').slice(-3).join(' ');
