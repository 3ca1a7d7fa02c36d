/** Kinds of models: which one the images imply, what each takes, and that options of another are rejected. */
import { cards } from 'pyroved-data';
import { describe, expect, it } from 'vitest';
import {
  kindNamed,
  modelConfigFor,
  modelKinds,
  rejectForeignOptions,
} from '../../../packages/pyroved/dist/kinds/index.js';
import type { ModelSettings, TrainSettings } from '../../../packages/pyroved/dist/kinds/settings.js';

const { labelled, unlabelled } = cards({
  preset: 'small',
  size: 12,
  labelledPerClass: 2,
  unlabelledPerClass: 3,
  validationPerClass: 1,
});
const sets = { labelled, unlabelled, classNames: labelled.classNames ?? [], notes: [], problems: [] };
const withoutLabels = { ...sets, labelled: undefined };
const { labels: _, classNames: __, ...unnamed } = labelled;
const angle = Float32Array.from({ length: labelled.count }, (_, i) => i);
const withFactors = { ...sets, labelled: { ...unnamed, factors: { angle } } };

describe('the kind of a run', () => {
  it.each([
    [sets, {}, 'ssiVAE'],
    [withoutLabels, {}, 'iVAE'],
    [withFactors, {}, 'ssRegIVAE'],
    [withoutLabels, { numClasses: 4 }, 'jiVAE'],
    [sets, { numClasses: 4 }, 'jiVAE'],
    [sets, { condition: ['class'] }, 'iVAE'],
    [withFactors, { condition: ['angle'] }, 'iVAE'],
    [withFactors, { targets: ['angle'] }, 'ssRegIVAE'],
    [withFactors, { targets: ['angle'], numClasses: 4 }, 'ssRegIVAE'],
    [sets, { kind: 'jiVAE' }, 'jiVAE'],
  ] as [typeof sets, ModelSettings, string][])('is implied by images and options (%#)', (images, settings, kind) => {
    expect(modelConfigFor(images, settings, 1).kind).toBe(kind);
  });

  it('is one of pyroVED, with the nearest name where it is not', () => {
    expect(modelKinds.map(({ name }) => name).sort()).toEqual(['VED', 'iVAE', 'jiVAE', 'ssRegIVAE', 'ssiVAE']);
    expect(() => kindNamed('ssVAE')).toThrow('Unknown kind of model "ssVAE". Did you mean "ssiVAE"?');
  });
});

describe('options of another kind', () => {
  const iVAE = modelConfigFor(withoutLabels, {}, 1);
  const ssiVAE = modelConfigFor(sets, {}, 1);

  it.each([
    [iVAE, { recognition: {} }, {}, 'recognition is an option of ssiVAE; the kind of this model is iVAE. Omit it.'],
    [iVAE, {}, { recognitionSteps: 3 }, 'recognitionSteps is an option of ssiVAE; the kind of this model is iVAE.'],
    [iVAE, {}, { warmUp: 1 }, 'warmUp is an option of ssRegIVAE and ssiVAE; the kind of this model is iVAE.'],
    [iVAE, { exactClasses: 1 }, {}, 'exactClasses is an option of jiVAE and ssiVAE; the kind of this model is iVAE.'],
    [ssiVAE, { condition: ['class'] }, {}, 'condition is an option of iVAE; the kind of this model is ssiVAE.'],
    [ssiVAE, {}, { discreteKlWeight: 2 }, 'discreteKlWeight is an option of jiVAE; the kind of this model is ssiVAE.'],
  ] as [typeof iVAE, ModelSettings, TrainSettings, string][])('are rejected (%#)', (config, model, train, message) => {
    expect(() => rejectForeignOptions(config, model, train)).toThrow(message);
  });

  it('are those that some other kind has, and undefined ones are none', () => {
    rejectForeignOptions(iVAE, { latentDim: 3, hidden: [8] }, { epochs: 2 });
    rejectForeignOptions(ssiVAE, { classPrior: 'counts' }, { consistency: 0, warmUp: 1 });
  });
});

it('hidden widths go to every network that a kind has', () => {
  const hidden = [8, 9];
  expect(modelConfigFor(sets, { hidden, recognition: false }, 1)).toMatchObject({
    ...{ hiddenEncoder: hidden, hiddenDecoder: hidden, hiddenClassifier: hidden },
  });
  expect(modelConfigFor(withoutLabels, { hidden }, 1)).not.toHaveProperty('hiddenClassifier');
});
