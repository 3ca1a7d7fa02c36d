/**
 * Checks of a call for deformable templates, shared by all kernels: a kernel reads and writes as many numbers as the
 * problem states.
 */
import { callChecks } from '../callChecks.js';
import type { HostKernel } from '../hostKernel.js';
import type { TemplateOperands, TemplateProblem, TemplateTargets } from './problem.js';

const MOST_ROWS_OR_PIXELS = 2 ** 30;
const MOST_SIZE = 2 ** 16;
const MOST_CONTENTS = 1024;
const MOST_GRID = 1024;
/** Entries of a plane with one more row and column, so that vectors compute their indices exactly. */
const MOST_ENTRIES = 2 ** 24;

/**
 * @throws {SpatialDecoderError} when a size is not valid, the length of an array does not match the sizes, or an index
 * is out of range.
 */
export function checkTemplateCall(
  kernel: HostKernel['name'],
  problem: TemplateProblem,
  operands: TemplateOperands,
  outside: { readonly output?: Float32Array; readonly upstream?: Float32Array; readonly targets?: TemplateTargets },
): void {
  const { fail, integer, floats, integers } = callChecks(kernel);
  const indices = (what: string, values: Int32Array, length: number, count: number) => {
    integers(what, values, length);
    const wrong = values.findIndex((value) => value < 0 || value >= count);
    if (wrong >= 0) fail(`${what} must hold integers from 0 to ${count - 1}; got ${values[wrong]}`);
  };

  const { rows, pictures, channels, height, width, contents, grid, pixels } = problem;
  integer('rows', rows, 0, MOST_ROWS_OR_PIXELS);
  integer('pixels', pixels, 0, MOST_ROWS_OR_PIXELS);
  for (const [name, value] of Object.entries({ pictures, channels, height, width })) integer(name, value, 1, MOST_SIZE);
  integer('contents', contents, 0, MOST_CONTENTS);
  integer('grid', grid, 2, MOST_GRID);
  if ((height + 1) * (width + 1) > MOST_ENTRIES)
    fail(`a picture must have fewer than 2^24 pixels; got ${height} x ${width}. The reference takes more`);
  const size = channels * height * width;
  floats('the pictures', operands.pictures, pictures * size);
  floats('the field', operands.field, 2 * contents * grid * grid);
  floats('theta', operands.theta, rows * (3 + contents));
  indices('the pictures of rows', operands.picture, rows, pictures);
  indices('the pixels', operands.pixels, pixels, height * width);
  const { output, upstream, targets } = outside;
  if (output !== undefined) floats('the output', output, rows * channels * pixels);
  if (upstream !== undefined) floats('the upstream gradient', upstream, rows * channels * pixels);
  if (targets === undefined) return;
  const count = (targets.images?.length ?? 0) / size;
  floats('the images', targets.images, Math.max(1, Math.ceil(count)) * size);
  indices('the images of rows', targets.image, rows, count);
}

/** Zero arrays for the results of `normalEquations`. */
export function zeroNormalEquations({ rows, contents }: TemplateProblem) {
  const size = 3 + contents;
  return {
    squaredError: new Float32Array(rows),
    gradient: new Float32Array(rows * size),
    hessian: new Float32Array(rows * size * size),
  };
}

/** Zero arrays for the results of `drawBackward`. */
export const zeroTemplateGradients = ({ pictures, field, theta }: TemplateOperands) => ({
  pictures: new Float32Array(pictures.length),
  field: new Float32Array(field.length),
  theta: new Float32Array(theta.length),
});
