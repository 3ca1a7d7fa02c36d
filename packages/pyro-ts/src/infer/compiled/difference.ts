/** How what was compiled and the program itself differ. */
import type { LossAndGradients } from './compiledStep.js';

/** Generous: rounding differs, and a gradient near its zero is mostly rounding. What is wrong is wrong by more. */
export function differenceOf(compiled: LossAndGradients, program: LossAndGradients): string | undefined {
  if (!Number.isFinite(program.loss))
    return Number.isFinite(compiled.loss) ? differ('the loss', compiled.loss, program.loss) : undefined;
  const scale = Math.abs(program.loss) + 1;
  if (!(Math.abs(compiled.loss - program.loss) <= 1e-3 * scale)) return differ('the loss', compiled.loss, program.loss);
  for (const [name, wanted] of program.gradients) {
    const found = compiled.gradients.get(name);
    if (!found) return `the gradient of parameter "${name}" is missing`;
    const largest = wanted.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
    const wrong = wanted.findIndex((x, i) => !(Math.abs(x - found[i]) <= 0.02 * largest + 1e-4 * scale));
    if (wrong >= 0) return differ(`the gradient of parameter "${name}" at entry ${wrong}`, found[wrong], wanted[wrong]);
  }
  return undefined;
}

const differ = (what: string, compiled: number, program: number): string =>
  `${what} is ${compiled}, the program's ${program}`;
