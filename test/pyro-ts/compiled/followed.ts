/** Compiled steps against those of the engine: loss and every gradient of each step, from the same parameters and the same random numbers. */
import type * as tf from '@tensorflow/tfjs';
import { type ELBO, type InferenceProgram, ParamStore, SGD, SVI, type TensorLike, TraceELBO } from 'pyro-ts';
import { expect } from 'vitest';

/** Moves each parameter a little down its gradient, and remembers the gradients of the last step. */
class Remembered extends SGD {
  readonly gradients = new Map<string, Float32Array>();
  /** Number of steps of the program itself. */
  plainSteps = 0;

  constructor() {
    super({ lr: 1e-3 });
  }
  override moverOf(name: string, size: number): (values: Float32Array, gradient: Float32Array) => void {
    const move = super.moverOf(name, size);
    return (values, gradient) => {
      this.gradients.set(name, gradient.slice());
      move(values, gradient);
    };
  }
  override step(store: ParamStore, gradients: ReadonlyMap<string, tf.Tensor>): void {
    for (const [name, gradient] of gradients) this.gradients.set(name, Float32Array.from(gradient.dataSync()));
    super.step(store, gradients);
    this.plainSteps++;
  }
}

/** Programs, and where their parameters live. */
export interface Programs<Args extends unknown[]> {
  readonly model: InferenceProgram<Args>;
  readonly guide?: InferenceProgram<Args>;
  readonly elbo?: () => ELBO;
  readonly params?: ParamStore;
}

export interface Following<Args extends unknown[]> extends Omit<Programs<Args>, 'params'> {
  /** Values, or makes them in a store. */
  readonly parameters?: Readonly<Record<string, TensorLike>> | ((store: ParamStore) => void);
  /** Arguments of each step. */
  readonly args?: readonly Args[];
  readonly steps?: number;
  readonly seed?: number;
  /** Of a gradient's largest entry. @default 1e-5 */
  readonly tolerance?: number;
  /** The same for one of the steps: of networks with kinks, where rounding can decide on which side of one a number lies. @default tolerance */
  readonly worst?: number;
}

type Ways<Args extends unknown[]> = Pick<Following<Args>, 'args' | 'steps' | 'seed' | 'tolerance' | 'worst'>;

const largestOf = (numbers: Float32Array): number => numbers.reduce((m, x) => Math.max(m, Math.abs(x)), 0);

/** Takes steps both ways from the same parameters and compares them; the parameters of the engine's steps are those of the next. */
export function expectFollowed<Args extends unknown[]>({ parameters = {}, ...following }: Following<Args>): void {
  const make = () => {
    const params = new ParamStore();
    if (typeof parameters === 'function') parameters(params);
    else for (const [name, value] of Object.entries(parameters)) params.set(name, value);
    return { ...following, params };
  };
  expectBothWays(make, following);
}

/** As `expectFollowed`, for programs that have parameters of their own: `make` is called for each way, and makes the same ones. */
export function expectBothWays<Args extends unknown[]>(
  make: () => Programs<Args>,
  {
    args = [[] as unknown as Args],
    steps = Math.max(2, args.length),
    seed = 0,
    tolerance = 1e-5,
    worst = tolerance,
  }: Ways<Args>,
): void {
  const start = (compile: boolean) => {
    const { model, guide = () => {}, elbo = () => new TraceELBO(), params = new ParamStore() } = make();
    const optimizer = new Remembered();
    return { params, optimizer, svi: new SVI(model, guide, optimizer, elbo(), { params, seed, compile }) };
  };
  const [plain, compiled] = [start(false), start(true)];
  let beyond = 0;
  for (let i = 0; i < steps; i++) {
    const now = args[i % args.length];
    const [wanted, found] = [plain.svi.step(...now), compiled.svi.step(...now)];
    expect(Math.abs(found - wanted), `loss of step ${i}: ${found} for ${wanted}`).toBeLessThan(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
    expect([...compiled.optimizer.gradients.keys()].sort()).toEqual([...plain.optimizer.gradients.keys()].sort());
    let isBeyond = false;
    const all = Math.max(0, ...[...plain.optimizer.gradients.values()].map(largestOf));
    for (const [name, gradient] of plain.optimizer.gradients) {
      const other = compiled.optimizer.gradients.get(name) ?? new Float32Array();
      // One that is nothing but rounding, next to others that are not, is compared with those.
      const largest = Math.max(largestOf(gradient), 0.1 * all, 1e-2);
      const apart = gradient.map((x, k) => Math.abs(x - other[k]) / largest);
      const k = apart.reduce((worstAt, d, at) => (d <= apart[worstAt] ? worstAt : at), 0);
      isBeyond ||= apart[k] >= tolerance;
      const which = `gradient of ${name} in step ${i}, entry ${k}: ${other[k]} for ${gradient[k]}`;
      expect(apart[k], which).toBeLessThan(worst);
    }
    beyond += Number(isBeyond);
    compiled.params.loadData(plain.params.toData());
  }
  expect(beyond, 'steps whose gradients differ by more than rounding').toBeLessThanOrEqual(1);
  expect(compiled.optimizer.plainSteps).toBe(0);
  expect(compiled.svi.explain()).toContain('kernels');
  plain.params.dispose();
  compiled.params.dispose();
}
