/** Errors of TensorFlow.js that a line of a user's program meets, made into errors that say where, which operation, and what to do. */
import { OperandError } from '@pyro-ts/engine';
import { DisposedTensorError, OperationError, PyroError, ShapeError } from '../errors.js';

/** The site that the running program met last. */
let lastSite: string | undefined;

/** Notes the site that a program meets, or that one begins. */
export const noteSite = (name: string | undefined): void => {
  lastSite = name;
};

/** The site that the running program met last. */
export const siteMet = (): string | undefined => lastSite;

/** What to do about a message of TensorFlow.js, by what it says. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /gradient function not found|has no gradient|gradient of input/i,
    'Write that line with other operations, or keep it off the way from the parameters to the loss: stopGradient(x) (from @pyro-ts/engine) makes x a constant.',
  ],
  [
    /NaN elements|integers but got shape/i,
    'An operand has fewer dimensions than the operation takes: a product of matrices takes two or more of each (tf.dot takes vectors), a list of paddings one for each dimension.',
  ],
  [
    /non-last dimension/i,
    'softmax(x, axis) of pyro-ts takes any axis; logSoftmax along another axis is x.sub(tf.logSumExp(x, axis, true)).',
  ],
  [
    /broadcast/i,
    'Shapes broadcast from the right: sizes have to be equal or 1. Give an operand dimensions of size 1 with reshape or expandDims. Inside plates the batch dimensions are on the left of the event dimensions.',
  ],
  [
    /inner (shapes|dimensions)/i,
    'The last dimension of the left operand has to be the last but one of the right; transpose one of them, or pass transposeA or transposeB.',
  ],
  [
    /must match the product of shape|number of elements|has \d+ elements|Size\(/i,
    'The new shape has to have as many entries as the tensor. Under enumeration values have more dimensions on the left: compute shapes from x.shape.',
  ],
  [
    /'indices' passed to 'gather'/i,
    'take(x, z) of pyro-ts takes values of sites as indices, and vindex(x, [i, j]) several at once; both keep plates and enumeration apart.',
  ],
  [
    /dtype|float32|int32|'bool'|boolean|string/i,
    'Cast the operand with tf.cast. Values of sites are float32, indices int32, and conditions bool.',
  ],
  [
    /must be a Tensor|TensorLike|Argument '/i,
    'An operand is no tensor, number or nested list: look for a variable that is undefined, or arguments in another order.',
  ],
  [/not registered for backend/i, 'Another engine may have it: selectEngine({ engine: "tensorflow" }) or "cpu".'],
  [
    /rank|axis|axes|dimension|dim /i,
    'Print x.shape on the line before. Count axes from the right (-1 is the last), since plates and enumeration add dimensions on the left.',
  ],
];

/**
 * `error` as a program's caller gets it: an error of TensorFlow.js as an OperationError, everything else unchanged.
 * @param site the site whose log-probability was being computed
 * @param shapes what is known of its shapes
 */
export function explained(error: unknown, site?: string, shapes?: string): unknown {
  const isOperand = error instanceof OperandError;
  if (!(error instanceof Error) || (error instanceof PyroError && !isOperand)) return error;
  // What TensorFlow.js says of one, and what its engines meet where it does not look.
  const isDisposed =
    /Tensor is disposed/.test(error.message) ||
    (isOfTensorFlow(error) &&
      /undefined \(reading '(backend|refCount|memoryOffset|id|dtype|values)'\)/.test(error.message));
  if (isDisposed) {
    return new DisposedTensorError(
      'The program uses a tensor that was disposed of. A tensor that is made inside tf.tidy, or inside a step of SVI (in the model, the guide or an ' +
        'optimiser), is freed when that ends: make the data before, or keep a copy with tf.keep(x.clone()).',
      undefined,
      { cause: error },
    );
  }
  const isShape =
    isOperand &&
    /broadcast|^(einsum|matMul|softmax|slice|pad|gatherND|scatterND|tensorScatterUpdate):/.test(error.message);
  if (!isShape && !isOfTensorFlow(error)) return error;
  const message = error.message.split('\n')[0].replace(/\.$/, '');
  const inGradient = /gradient/i.test(message);
  const at =
    site !== undefined
      ? `In the log-probability of site "${site}"${shapes ? ` (${shapes})` : ''}, `
      : inGradient
        ? 'In the gradient of the loss, '
        : lastSite !== undefined
          ? `In the program, after site "${lastSite}", `
          : 'In the program, before its first site, ';
  const operation = operationOf(error);
  const failed = operation ? `the operation ${operation} of TensorFlow.js failed` : 'an operation on tensors failed';
  const help =
    advice.find(([pattern]) => pattern.test(message))?.[1] ?? 'Print the shapes of its operands on the line before.';
  const Kind = isShape ? ShapeError : OperationError;
  return new Kind(`${at}${failed}: ${message}. ${help}`, site ?? (inGradient ? undefined : lastSite), { cause: error });
}

const framesOf = (error: Error): string[] => (error.stack ?? '').split('\n').filter((line) => /^\s*at /.test(line));

/** Whether it was thrown by TensorFlow.js itself, or by the memory of an engine. */
const isOfTensorFlow = (error: Error): boolean => {
  const [first = ''] = framesOf(error);
  return /tfjs|tf\.(es\d+|min|node)|wasm:\/\//.test(first) || /^Kernel '\w+' not registered/.test(error.message);
};

/**
 * The name of the operation: TensorFlow.js's functions of operations end in an underscore. A message is asked only where the stack is too deep to
 * show them, since some name another operation.
 */
function operationOf(error: Error): string | undefined {
  const named = /not found for (\w+)|for op (\w+)|Kernel '(\w+)'/.exec(error.message)?.slice(1).find(Boolean);
  if (named) return named;
  for (const frame of framesOf(error).filter((line) => /tfjs/.test(line))) {
    const operation = /at (?:[\w.]+\.)?(\w+?)_+ /.exec(frame)?.[1];
    if (operation) return operation;
  }
  return /^Error in (\w+):/.exec(error.message)?.[1];
}
