/** A classifier is trained, exported, and used without the library that trained it: with TensorFlow.js alone. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import * as tf from '@tensorflow/tfjs';
import { cards } from 'pyroved-data';
import { exportedFiles, SemiSupervisedTrainer, ssrVAE } from 'pyroved-ts';

await selectEngine();
const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
const simple = { size: 10, angle: 30, labelledAngle: 2, shear: 0, scale: [1, 1], translation: 0 };
const sets = cards({ ...simple, labelledPerClass: 20, unlabelledPerClass: 30, validationPerClass: 10, seed: 1 });
const widths = { latentDim: 1, hiddenEncoder: [32], hiddenDecoder: [16], hiddenClassifier: [64] };
const model = ssrVAE({ shape: [10, 10], numClasses: 4, invariances: ['r'], ...widths, kernel, seed: 1 });
await new SemiSupervisedTrainer(model, sets, { epochs: 8, batchSize: 20, lr: 5e-3, seed: 1, compile: true }).train();

// What `pyroved export --to tfjs` writes: a model.json and its weights for each network.
const files = await exportedFiles({ model, classNames: sets.labelled.classNames }, 'tfjs');
for (const { name, content } of files) console.log(name, content.length > 0 ? 'written' : 'empty');
const content = (name) => files.find((file) => file.name === name).content;

// From here on, only the files are used, as in a page or a service.
const { modelTopology, weightsManifest, userDefinedMetadata } = JSON.parse(content('classifier/model.json'));
const weightData = new Uint8Array(content('classifier/weights.bin')).buffer;
const [{ weights: weightSpecs }] = weightsManifest;
const classifier = await tf.loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
const { images, labels, count } = sets.validation;
const probabilities = classifier.predict({ image: tf.tensor(images, [count, 1, 10, 10]) });
const classes = probabilities.argMax(-1).dataSync();
console.log('classes:', JSON.parse(userDefinedMetadata.class_names).join(', '));
console.log('accuracy:', (classes.filter((k, i) => k === labels[i]).length / count).toFixed(1));
const same = Array.from(model.classify(sets.validation).classes).every((k, i) => k === classes[i]);
console.log('the same classes as the model:', same);
kernel.dispose();
