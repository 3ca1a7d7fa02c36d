/** Expressions for a number, such as "min(1 + epoch/29, 2)": the arithmetic of mathjs, and nothing else that mathjs can do. */
import type { EvalFunction, MathNode } from 'mathjs';
import { mathjs } from '#mathjs';

/** An expression is read and evaluated at once, so it has to be short. */
const MOST_CHARACTERS = 1000;

/** Functions of numbers whose cost does not grow with what they are given. */
const FUNCTIONS = [
  ...['abs', 'cbrt', 'ceil', 'cos', 'cosh', 'acos', 'exp', 'expm1', 'floor', 'hypot', 'log', 'log10', 'log1p', 'log2'],
  ...[
    'max',
    'min',
    'mod',
    'pow',
    'round',
    'sign',
    'sin',
    'sinh',
    'asin',
    'sqrt',
    'square',
    'cube',
    'tan',
    'tanh',
    'atan',
  ],
  ...['atan2', 'fix'],
];

const OPERATORS = [
  ...[
    'add',
    'subtract',
    'multiply',
    'divide',
    'pow',
    'mod',
    'unaryMinus',
    'unaryPlus',
    'smaller',
    'larger',
    'smallerEq',
  ],
  ...['largerEq', 'equal', 'unequal', 'and', 'or', 'not'],
];

/**
 * The expression as a function of its variables; it gives whatever mathjs does, a number where all is well.
 * @throws {Error} when it is too long, is not understood, or uses anything but numbers, names, arithmetic and the functions above.
 */
export function scalarExpression(text: string): (values: Readonly<Record<string, number>>) => unknown {
  if (text.length > MOST_CHARACTERS)
    throw new Error(`it has ${text.length} characters, and at most ${MOST_CHARACTERS} are read`);
  const node = mathjs().parse(text);
  check(node);
  const code: EvalFunction = node.compile();
  return (values) => code.evaluate({ ...values });
}

function check(node: MathNode): void {
  const { isConstantNode, isSymbolNode, isOperatorNode, isFunctionNode, isParenthesisNode, isConditionalNode } =
    mathjs();
  if (isConstantNode(node)) {
    if (typeof node.value !== 'number' && typeof node.value !== 'boolean')
      throw new Error(`${node.toString()} is not a number`);
  } else if (isSymbolNode(node)) {
    // A constant, a unit or a variable; what is unknown shows when the expression is evaluated.
    return;
  } else if (isOperatorNode(node)) {
    if (!OPERATORS.includes(node.fn)) throw new Error(`the operator ${node.op} is not supported`);
    for (const operand of node.args) check(operand);
  } else if (isFunctionNode(node)) {
    const { name } = node.fn;
    if (!isSymbolNode(node.fn) || !FUNCTIONS.includes(name)) throw new Error(`Undefined function ${name}`);
    for (const argument of node.args) check(argument);
  } else if (isParenthesisNode(node)) check(node.content);
  else if (isConditionalNode(node)) for (const part of [node.condition, node.trueExpr, node.falseExpr]) check(part);
  else if (mathjs().isRelationalNode(node)) for (const part of node.params) check(part);
  else throw new Error(`"${node.toString().slice(0, 40)}" is not arithmetic`);
}
