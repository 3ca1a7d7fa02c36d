/** The elementwise functions of a plan: as JavaScript, and their cost in units of an addition. */
import { CodeGenerationError } from '../errors.js';

export interface EntryFunction {
  readonly code: (...args: string[]) => string;
  readonly cost: number;
  readonly evaluate: (...args: number[]) => number;
}

const roundEven = (x: number): number => {
  const base = Math.floor(x);
  const rest = x - base;
  if (rest !== 0.5) return Math.round(x);
  return base % 2 === 0 ? base : base + 1;
};

/** Coefficients of x^2, highest first: erf(x) = x p(x^2) / q(x^2) for |x| below 4, beyond which it rounds to 1 (XLA's ErfImpl32). */
export const erfNumerator = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
  -2.95459980854025e-3, -1.60960333262415e-2,
];
export const erfDenominator = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2,
];

function erf(x: number): number {
  const bounded = Math.max(-4, Math.min(4, x));
  const at = (coefficients: readonly number[]) => coefficients.reduce((sum, c) => sum * bounded * bounded + c);
  return bounded * (at(erfNumerator) / at(erfDenominator));
}

/** Functions that need more than an expression; passed to the generated code as `F`. */
export const library = { roundEven, erf };

const unary = (code: (x: string) => string, cost: number): EntryFunction => define(['x'], code, cost);
const binary = (code: (a: string, b: string) => string, cost = 1): EntryFunction => define(['a', 'b'], code, cost);
const math = (name: string, cost: number): EntryFunction => unary((x) => `Math.${name}(${x})`, cost);

/** `evaluate` is compiled from the code, so that constants fold to what the plan would compute. Created on first use, since code generation may be forbidden. */
function define(names: readonly string[], code: (...args: string[]) => string, cost: number): EntryFunction {
  let made: ((...args: unknown[]) => number) | undefined;
  const evaluate = (...args: number[]): number => {
    made ??= generated('F', ...names, `return ${code(...names)};`) as (...args: unknown[]) => number;
    return made(library, ...args);
  };
  return { code, cost, evaluate };
}

/** `new Function`, which a content-security policy can forbid. */
export function generated(...text: string[]): (...args: unknown[]) => unknown {
  try {
    return new Function(...text) as (...args: unknown[]) => unknown;
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    throw new CodeGenerationError(
      "generated code is forbidden here (a content-security policy without 'unsafe-eval')",
      undefined,
      { cause },
    );
  }
}

const truth = (condition: string): string => `(${condition} ? 1 : 0)`;

export const functions: Readonly<Record<string, EntryFunction>> = {
  Neg: unary((x) => `(-${x})`, 1),
  Abs: math('abs', 1),
  Sign: unary((x) => `(Math.sign(${x}) || 0)`, 2),
  Exp: math('exp', 12),
  Expm1: math('expm1', 16),
  Log: math('log', 12),
  Log1p: math('log1p', 16),
  Sqrt: math('sqrt', 4),
  Rsqrt: unary((x) => `(1 / Math.sqrt(${x}))`, 8),
  Reciprocal: unary((x) => `(1 / ${x})`, 4),
  Square: unary((x) => `(${x} * ${x})`, 1),
  Floor: math('floor', 1),
  Ceil: math('ceil', 1),
  Round: unary((x) => `F.roundEven(${x})`, 4),
  Sin: math('sin', 16),
  Cos: math('cos', 16),
  Tan: math('tan', 20),
  Asin: math('asin', 16),
  Acos: math('acos', 16),
  Atan: math('atan', 16),
  Sinh: math('sinh', 16),
  Cosh: math('cosh', 16),
  Tanh: math('tanh', 16),
  Asinh: math('asinh', 16),
  Acosh: math('acosh', 16),
  Atanh: math('atanh', 16),
  Erf: unary((x) => `F.erf(${x})`, 20),
  Sigmoid: unary((x) => `(1 / (1 + Math.exp(-${x})))`, 16),
  Softplus: unary((x) => `(Math.max(${x}, 0) + Math.log1p(Math.exp(-Math.abs(${x}))))`, 24),
  Relu: unary((x) => `(${x} < 0 ? 0 : ${x})`, 1),
  Relu6: unary((x) => `Math.min(Math.max(0, ${x}), 6)`, 1),
  Elu: unary((x) => `(${x} >= 0 ? ${x} : Math.expm1(${x}))`, 16),
  LogicalNot: unary((x) => truth(`!${x}`), 1),
  IsNan: unary((x) => truth(`${x} !== ${x}`), 1),
  IsFinite: unary((x) => truth(`${x} - ${x} === 0`), 1),
  IsInf: unary((x) => truth(`${x} === Infinity || ${x} === -Infinity`), 1),
  ToInt: unary((x) => `(${x} | 0)`, 1),
  ToBool: unary((x) => truth(`${x} !== 0`), 1),
  Add: binary((a, b) => `(${a} + ${b})`),
  Sub: binary((a, b) => `(${a} - ${b})`),
  Mul: binary((a, b) => `(${a} * ${b})`),
  Div: binary((a, b) => `(${a} / ${b})`, 4),
  FloorDiv: binary((a, b) => `Math.floor(${a} / ${b})`, 4),
  Mod: binary((a, b) => `(((${a} % ${b}) + ${b}) % ${b})`, 16),
  Pow: binary((a, b) => `Math.pow(${a}, ${b})`, 24),
  Maximum: binary((a, b) => `Math.max(${a}, ${b})`),
  Minimum: binary((a, b) => `Math.min(${a}, ${b})`),
  Atan2: binary((a, b) => `Math.atan2(${a}, ${b})`, 20),
  SquaredDifference: binary((a, b) => `((${a} - ${b}) * (${a} - ${b}))`, 2),
  Less: binary((a, b) => truth(`${a} < ${b}`)),
  LessEqual: binary((a, b) => truth(`${a} <= ${b}`)),
  Greater: binary((a, b) => truth(`${a} > ${b}`)),
  GreaterEqual: binary((a, b) => truth(`${a} >= ${b}`)),
  Equal: binary((a, b) => truth(`${a} === ${b}`)),
  NotEqual: binary((a, b) => truth(`${a} !== ${b}`)),
  LogicalAnd: binary((a, b) => truth(`${a} && ${b}`)),
  LogicalOr: binary((a, b) => truth(`${a} || ${b}`)),
  Select: define(['c', 'a', 'b'], (c, a, b) => `(${c} ? ${a} : ${b})`, 1),
};
