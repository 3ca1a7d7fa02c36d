/** Randomness laid down beforehand, so that one model written in two ways can be compared draw by draw. */
import * as tf from '@tensorflow/tfjs';
import {
  type ElboEstimate,
  Handler,
  type Message,
  type ParamStore,
  RandomStream,
  type TensorLike,
  valueAndGradients,
} from 'pyro-ts';

/** A stream that hands out the given standard normal numbers (and their uniform quantiles' stand-ins) in turn. */
class Recorded extends RandomStream {
  private at = 0;
  constructor(
    private readonly site: string,
    private readonly numbers: readonly number[],
  ) {
    super(site);
  }
  override nextNormal(): number {
    return this.take();
  }
  override next(): number {
    return this.take();
  }
  private take(): number {
    if (this.at >= this.numbers.length) throw new Error(`the noise laid down for site ${this.site} is used up`);
    return this.numbers[this.at++];
  }
}

/** For each site, the noise of its draws: of all runs, or of each run in turn. */
export type Noise = Readonly<Record<string, readonly number[] | readonly (readonly number[])[]>>;

/** Gives each site the noise that was laid down for it; a second draw of the same site takes the second list. */
export class NoiseHandler extends Handler {
  private readonly met = new Map<string, number>();
  constructor(private readonly noise: Noise) {
    super();
  }
  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== undefined || !Object.hasOwn(this.noise, message.name)) return;
    const given = this.noise[message.name];
    const turn = this.met.get(message.name) ?? 0;
    this.met.set(message.name, turn + 1);
    const numbers = Array.isArray(given[0]) ? (given[turn] as readonly number[]) : (given as readonly number[]);
    message.rng = new Recorded(message.name, numbers);
  }
}

/** Gives latent sites these values in turn, as if they had drawn them. */
export class ForcedHandler extends Handler {
  private readonly met = new Map<string, number>();
  constructor(private readonly values: Readonly<Record<string, readonly TensorLike[]>>) {
    super();
  }
  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== undefined || !Object.hasOwn(this.values, message.name)) return;
    const turn = this.met.get(message.name) ?? 0;
    this.met.set(message.name, turn + 1);
    message.value = tf.tensor(this.values[message.name][turn] as number[], undefined, 'float32');
  }
}

/** The loss of an estimate and the gradient of every parameter, as numbers. */
export function lossAndGradients(
  params: ParamStore,
  estimate: () => ElboEstimate,
): { loss: number; gradients: Record<string, number[]> } {
  let loss = Number.NaN;
  const { value, gradients } = valueAndGradients(params, () => {
    const made = estimate();
    loss = made.loss.dataSync()[0];
    return made.surrogate;
  });
  const numbers = Object.fromEntries([...gradients].map(([name, g]) => [name, Array.from(g.dataSync())]));
  tf.dispose([value, ...gradients.values()]);
  return { loss, gradients: numbers };
}
