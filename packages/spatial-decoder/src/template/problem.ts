/** Sizes and host arrays of one call for deformable templates, and what a kernel that computes them provides. */

/** The sizes of one call. */
export interface TemplateProblem {
  /** R: templates, each with a pose and a content. */
  readonly rows: number;
  /** G: pictures. */
  readonly pictures: number;
  /** K: channels of a picture. */
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** C: content latents, 0 for rigid templates. */
  readonly contents: number;
  /** g: control points of the field along each axis, at least 2. */
  readonly grid: number;
  /** P: pixels at which every row is drawn. */
  readonly pixels: number;
}

/** Row-major operands. */
export interface TemplateOperands {
  /** [G, K, H, W] */
  readonly pictures: Float32Array;
  /** [C, 2, g, g]: horizontal, then vertical displacement. */
  readonly field: Float32Array;
  /** [R, 3 + C]: angle, horizontal and vertical shift, content. */
  readonly theta: Float32Array;
  /** [R]: the picture of each row. */
  readonly picture: Int32Array;
  /** [P]: indices of pixels, row * W + column. */
  readonly pixels: Int32Array;
}

/** What the rows are compared with. */
export interface TemplateTargets {
  /** [n, K, H, W] */
  readonly images: Float32Array;
  /** [R]: the image of each row. */
  readonly image: Int32Array;
}

/** Gradients of a scalar loss, shaped as the operands they belong to. */
export interface TemplateGradients {
  readonly pictures: Float32Array;
  readonly field: Float32Array;
  readonly theta: Float32Array;
}

/** Sums over pixels and channels of residuals r and their Jacobian J [3 + C, pixels]. */
export interface NormalEquationArrays {
  /** r r^T, [R] */
  readonly squaredError: Float32Array;
  /** J r, [R, 3 + C] */
  readonly gradient: Float32Array;
  /** J J^T, [R, 3 + C, 3 + C] */
  readonly hessian: Float32Array;
}

/** Deformable templates on a kernel. */
export interface TemplateKernel {
  /** Drawn pixels [R, K, P], written to `to` if present. */
  draw(problem: TemplateProblem, operands: TemplateOperands, to?: Float32Array): Float32Array;
  /** Gradients of `draw` for `upstream` [R, K, P]. */
  drawBackward(problem: TemplateProblem, operands: TemplateOperands, upstream: Float32Array): TemplateGradients;
  squaredErrors(problem: TemplateProblem, operands: TemplateOperands, targets: TemplateTargets): Float32Array;
  normalEquations(problem: TemplateProblem, operands: TemplateOperands, targets: TemplateTargets): NormalEquationArrays;
}
