/** Deformable templates on the native kernel. */
import { checkTemplateCall, zeroNormalEquations, zeroTemplateGradients } from '../template/checkCall.js';
import type {
  NormalEquationArrays,
  TemplateGradients,
  TemplateKernel,
  TemplateOperands,
  TemplateProblem,
  TemplateTargets,
} from '../template/problem.js';
import type { Addon, Handle } from './addon.js';
import { guarded } from './guarded.js';

export class NativeTemplates implements TemplateKernel {
  /** `live` returns the kernel's handle, or throws once the kernel was disposed of. */
  constructor(
    private readonly addon: Addon,
    private readonly live: () => Handle,
  ) {}

  draw(problem: TemplateProblem, operands: TemplateOperands, to?: Float32Array): Float32Array {
    const own = this.live();
    checkTemplateCall('native', problem, operands, { output: to });
    const output = to ?? new Float32Array(problem.rows * problem.channels * problem.pixels);
    if (isEmpty(problem)) return output;
    guarded(() => this.addon.templateDraw(own, describe(problem), ...arraysOf(operands), output));
    return output;
  }

  drawBackward(problem: TemplateProblem, operands: TemplateOperands, upstream: Float32Array): TemplateGradients {
    const own = this.live();
    checkTemplateCall('native', problem, operands, { upstream });
    const to = zeroTemplateGradients(operands);
    if (isEmpty(problem)) return to;
    guarded(() =>
      this.addon.templateDrawBackward(
        ...([own, describe(problem), ...arraysOf(operands), upstream] as const),
        ...([to.pictures, to.field, to.theta] as const),
      ),
    );
    return to;
  }

  squaredErrors(problem: TemplateProblem, operands: TemplateOperands, targets: TemplateTargets): Float32Array {
    const own = this.live();
    checkTemplateCall('native', problem, operands, { targets });
    const errors = new Float32Array(problem.rows);
    if (isEmpty(problem)) return errors;
    const images = imagesOf(problem, targets);
    guarded(() => this.addon.templateSquaredErrors(own, describe(problem), ...arraysOf(operands), ...images, errors));
    return errors;
  }

  normalEquations(
    problem: TemplateProblem,
    operands: TemplateOperands,
    targets: TemplateTargets,
  ): NormalEquationArrays {
    const own = this.live();
    checkTemplateCall('native', problem, operands, { targets });
    const to = zeroNormalEquations(problem);
    if (isEmpty(problem)) return to;
    guarded(() =>
      this.addon.templateNormalEquations(
        ...([own, describe(problem), ...arraysOf(operands), ...imagesOf(problem, targets)] as const),
        ...([to.squaredError, to.gradient, to.hessian] as const),
      ),
    );
    return to;
  }
}

const isEmpty = ({ rows, pixels }: TemplateProblem): boolean => rows * pixels === 0;

const arraysOf = ({ pictures, field, theta, picture, pixels }: TemplateOperands) =>
  [pictures, field, theta, picture, pixels] as const;

const imagesOf = ({ channels, height, width }: TemplateProblem, { images, image }: TemplateTargets) =>
  [images.length / (channels * height * width), images, image] as const;

/** In the order that the addon expects. */
const describe = ({ rows, pictures, channels, height, width, contents, grid, pixels }: TemplateProblem): Float64Array =>
  Float64Array.of(rows, pictures, channels, height, width, contents, grid, pixels);
