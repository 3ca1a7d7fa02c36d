/** Deformable templates on the WebAssembly kernel. */
import { checkTemplateCall, zeroNormalEquations, zeroTemplateGradients } from '../template/checkCall.js';
import type {
  NormalEquationArrays,
  TemplateGradients,
  TemplateKernel,
  TemplateOperands,
  TemplateProblem,
  TemplateTargets,
} from '../template/problem.js';
import { REDUCE } from './layout.js';
import { TemplateCall, type TemplateExtras, type TemplateJob, templateBatches } from './templateCall.js';
import { TEMPLATE_BACK, TEMPLATE_DRAW, TEMPLATE_EQUATIONS, TEMPLATE_ERRORS } from './templateLayout.js';
import type { WasmHost } from './wasmKernel.js';

export class WasmTemplates implements TemplateKernel {
  constructor(private readonly host: WasmHost) {}

  draw(problem: TemplateProblem, operands: TemplateOperands, to?: Float32Array): Float32Array {
    checkTemplateCall('wasm', problem, operands, { output: to });
    const make = () => to ?? new Float32Array(problem.rows * problem.channels * problem.pixels);
    return this.run(TEMPLATE_DRAW, problem, operands, {}, make, (call, output) => call.readDrawn(output));
  }

  drawBackward(problem: TemplateProblem, operands: TemplateOperands, upstream: Float32Array): TemplateGradients {
    checkTemplateCall('wasm', problem, operands, { upstream });
    const make = () => zeroTemplateGradients(operands);
    return this.run(TEMPLATE_BACK, problem, operands, { upstream }, make, (call, to) => call.readGradients(to));
  }

  squaredErrors(problem: TemplateProblem, operands: TemplateOperands, targets: TemplateTargets): Float32Array {
    checkTemplateCall('wasm', problem, operands, { targets });
    const make = () => new Float32Array(problem.rows);
    return this.run(TEMPLATE_ERRORS, problem, operands, { targets }, make, (call, to) => call.readErrors(to));
  }

  normalEquations(
    problem: TemplateProblem,
    operands: TemplateOperands,
    targets: TemplateTargets,
  ): NormalEquationArrays {
    checkTemplateCall('wasm', problem, operands, { targets });
    const make = () => zeroNormalEquations(problem);
    return this.run(TEMPLATE_EQUATIONS, problem, operands, { targets }, make, (call, to) => call.readEquations(to));
  }

  /** Runs a job on all rows, batch after batch; `make` creates the results, and `read` fills in those of a batch. */
  private run<T>(
    kind: TemplateJob,
    problem: TemplateProblem,
    operands: TemplateOperands,
    extras: TemplateExtras,
    make: () => T,
    read: (call: TemplateCall, to: T) => void,
  ): T {
    return this.host.surviving(({ arena, team }) => {
      const results = make();
      if (problem.pixels === 0) return results;
      for (const { first, count } of templateBatches(problem, this.host.batchBytes)) {
        arena.scoped(() => {
          const sizes = { ...problem, rows: count };
          const call = new TemplateCall(arena, sizes, operands, first, kind, this.host.most, extras);
          team.do(kind, call.job);
          if (call.chunks > 1) team.do(REDUCE, call.job);
          read(call, results);
        });
      }
      return results;
    });
  }
}
