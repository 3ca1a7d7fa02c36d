/** Amortised latent Dirichlet allocation: Pyro's example `lda.py` in small, with its bound before and after training (bench/reference/tutorials/lda.py). */
import * as tf from '@tensorflow/tfjs';
import {
  ClippedAdam,
  categorical,
  constraints,
  delta,
  dirichlet,
  gamma,
  module,
  param,
  plate,
  SVI,
  sample,
  softmax,
  TraceEnumELBO,
  take,
} from 'pyro-ts';
import { expect, test } from 'vitest';
import figures from '../../../bench/reference/tutorials/lda.json' with { type: 'json' };
import { linear } from './networks.js';

const args = { numTopics: 3, numWords: 12, numDocs: 30, numWordsPerDoc: 16 };
type Options = typeof args;

// program
function model(data: tf.Tensor2D, args: Options) {
  // Globals.
  const [topicWeights, topicWords] = plate('topics', args.numTopics, () => [
    sample('topic_weights', gamma(1 / args.numTopics, 1)),
    sample('topic_words', dirichlet(tf.fill([args.numWords], 1 / args.numWords))),
  ]);

  // Locals.
  plate('documents', args.numDocs, () => {
    const docTopics = sample('doc_topics', dirichlet(topicWeights));
    plate('words', args.numWordsPerDoc, () => {
      const wordTopics = sample('word_topics', categorical(docTopics), { infer: { enumerate: 'parallel' } });
      sample('doc_words', categorical(take(topicWords, wordTopics)), { obs: data });
    });
  });
}

const [hidden, output] = [linear(args.numWords, 8), linear(8, args.numTopics)];

function guide(data: tf.Tensor2D, args: Options) {
  // Use a conjugate guide for global variables.
  const weightsPosterior = param('topic_weights_posterior', tf.ones([args.numTopics]), {
    constraint: constraints.positive,
  });
  const wordsPosterior = param('topic_words_posterior', tf.ones([args.numTopics, args.numWords]), {
    constraint: constraints.greaterThan(0.5),
  });
  plate('topics', args.numTopics, () => {
    sample('topic_weights', gamma(weightsPosterior, 1));
    sample('topic_words', dirichlet(wordsPosterior));
  });

  // Use an amortized guide for local variables.
  const [first, second] = [module('hidden', hidden), module('output', output)];
  plate('documents', args.numDocs, () => {
    const counts = tf.sum(tf.oneHot(tf.cast(data, 'int32'), args.numWords), 0).toFloat();
    const docTopics = softmax(second(tf.sigmoid(first(counts))), -1);
    sample('doc_topics', delta(docTopics, { eventDim: 1 }));
  });
}
// end

const elbo = new TraceEnumELBO({ maxPlateNesting: 2 });

/** Mean and standard error of some evaluations. */
function measured(svi: SVI<[tf.Tensor2D, Options]>, data: tf.Tensor2D, count: number) {
  const losses = Array.from({ length: count }, () => {
    svi.steps++;
    return svi.evaluateLoss(data, args);
  });
  const mean = losses.reduce((a, b) => a + b, 0) / count;
  return { mean, error: Math.sqrt(losses.reduce((sum, x) => sum + (x - mean) ** 2, 0)) / count };
}

test("the bound is Pyro's at the start and after 300 steps", () => {
  const data = tf.tensor2d(figures.data);
  const svi = new SVI(model, guide, new ClippedAdam({ lr: 0.01 }), elbo, { compile: true });
  const begin = measured(svi, data, 40);
  expect(Math.abs(begin.mean - figures.begin.mean)).toBeLessThan(3 * (begin.error + figures.begin.error));
  svi.run(300, data, args);
  const end = measured(svi, data, 40);
  const [low, high] = [Math.min(...figures.ends), Math.max(...figures.ends)];
  const margin = 3 * end.error + 10;
  expect(end.mean).toBeGreaterThan(low - margin);
  expect(end.mean).toBeLessThan(high + margin);
  data.dispose();
});
