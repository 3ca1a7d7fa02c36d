/** Three iterations of pyroVED's auxSVItrainer, with its second Adam step for the auxiliary loss on every batch. */
import { type Batch, imageSet, SemiSupervisedTrainer, SSIVAE } from 'pyroved-ts';
import { expect, test } from 'vitest';
import {
  expectClose,
  type Figures,
  fixture,
  flat,
  loadReference,
  type Nested,
  NoiseHandler,
  transposed,
} from './helpers.js';

interface Trajectory {
  readonly eps: readonly [Nested, Nested][];
  readonly losses: readonly [number, number][];
  readonly adam_updates: Readonly<Record<string, number>>;
  readonly params_after_first_unl_compute_loss: Figures;
  readonly params_final: Figures;
  readonly 'decoder.out.bias_before_basic_aux': readonly number[];
}
const figures = fixture<Trajectory>('pyrovedTrajectory');
const { x, y, cases } = fixture<{ x: Nested; y: Nested; cases: { rt: { params: Figures } } }>('pyrovedSsivae');

/** Takes the images in their order, with the reference's noise, and remembers each loss and some parameters. */
class ReplayingTrainer extends SemiSupervisedTrainer {
  readonly losses: number[] = [];
  readonly afterFirst = new Map<string, Nested>();

  override batches(): Batch[] {
    const indices = Int32Array.of(0, 1, 2, 3);
    return [
      { kind: 'unlabelled', indices },
      { kind: 'labelled', indices },
    ];
  }
  protected override takeStep(batch: Batch, klWeight: number): number {
    const [unlabelled, labelled] = figures.eps[this.epoch];
    const z = batch.kind === 'unlabelled' ? unlabelled : labelled;
    this.losses.push(new NoiseHandler({ z }).run(() => super.takeStep(batch, klWeight)));
    if (this.losses.length === 1) {
      for (const name of this.model.params.names) {
        this.afterFirst.set(name, transposed(this.model.params.get(name).arraySync() as Nested));
      }
    }
    return this.losses[this.losses.length - 1];
  }
}

test('losses, parameters and numbers of updates', async () => {
  const widths = { hiddenEncoder: [8, 8], hiddenDecoder: [8, 8], hiddenClassifier: [8, 8] };
  const vae = new SSIVAE({ shape: [6, 6], numClasses: 3, invariances: ['r', 't'], ...widths });
  loadReference(vae.params, cases.rt.params);
  const images = Float32Array.from(flat(x));
  const labels = Int32Array.from(y as readonly (readonly number[])[], (row) => row.indexOf(1));
  const set = imageSet({ images, labels, shape: [6, 6] });
  const trainer = new ReplayingTrainer(
    vae,
    { unlabelled: set, labelled: set },
    { epochs: 3, batchSize: 4, lr: 5e-4, auxLossMultiplier: 20, auxStep: 'pyroved' },
  );
  const biasBefore = vae.params.get('decoder.out.bias').arraySync() as Nested;
  await trainer.train();

  expectClose(trainer.losses, flat(figures.losses), 1e-5, 'losses');
  // Adam divides each gradient by its own size, so that rounding of a gradient near 0 shows in a parameter at the scale of the step, 5e-4.
  for (const [name, value] of Object.entries(figures.params_after_first_unl_compute_loss)) {
    expectClose(trainer.afterFirst.get(name) as Nested, value, 1e-4, `${name} after the first two updates`);
  }
  const [before, , afterBoth] = figures['decoder.out.bias_before_basic_aux'];
  expectClose(biasBefore, [before], 1e-6);
  expectClose(trainer.afterFirst.get('decoder.out.bias') as Nested, [afterBoth], 1e-5);
  for (const [name, value] of Object.entries(figures.params_final)) {
    expectClose(transposed(vae.params.get(name).arraySync() as Nested), value, 1e-4, name);
  }
  expect((trainer.state().state as { updates: object }).updates).toEqual(figures.adam_updates);
});
