/** The reference as a kernel: plain TensorFlow.js operations, on any engine, differentiated by TensorFlow.js. */
import { encoderReference } from './encoder/reference.js';
import type { Kernel } from './kernel.js';
import { decodeReference } from './reference.js';
import { drawReference, normalEquationsReference, squaredErrorsReference } from './template/reference.js';

/** The default kernel of the operations. It has no threads and nothing to dispose of. */
export const referenceKernel: Kernel = {
  name: 'reference',
  threads: 1,
  precision: 'float32',
  decode: decodeReference,
  encode: encoderReference,
  drawTemplates: drawReference,
  squaredErrors: squaredErrorsReference,
  normalEquations: normalEquationsReference,
  dispose() {},
};
