/** What the kinds of models differ in, for those who train them and draw their pictures. */
import {
  type Condition,
  type Factors,
  type IVAE,
  isClassifier,
  type Model,
  type TrainingImages,
  type VED,
} from 'pyroved-ts';
import type { TrainingSets } from '../sources/sets.js';

/** Whether an iVAE is told something of each image. */
export const isConditional = (model: Model | VED): model is IVAE => model.kind === 'iVAE' && model.conditionDim > 0;

/** The names of a model's classes: those of the data, then numbers for classes that the model found by itself; none for a model without classes. */
export function classNamesOf(model: Model, fromData: readonly string[]): readonly string[] {
  if (model.kind === 'jiVAE') return Array.from({ length: model.numClasses }, (_, i) => `class ${i + 1}`);
  const extra = Math.max(0, model.numClasses - fromData.length);
  return model.numClasses > 0 ? [...fromData, ...Array.from({ length: extra }, (_, i) => `new class ${i + 1}`)] : [];
}

/** The images that a model without a classifier learns from: those of which all is known that it is told. */
export const learntFrom = (model: Model, { unlabelled, labelled }: TrainingSets): TrainingImages =>
  isConditional(model) ? (labelled ?? unlabelled) : unlabelled;

/** One thing that a decoder can be given, and what to call it. */
export interface Variant {
  readonly told: Condition;
  readonly title?: string;
  readonly class?: number;
}

/** What a model's decoder can be given beside content and pose: each class, or low, middle and high values of what it is told or predicts. */
export function variantsOf(model: Model | VED, classNames: readonly string[]): Variant[] {
  if (isClassifier(model) || (model.kind === 'iVAE' && model.numClasses > 0)) {
    const condition = model.kind === 'iVAE' &&
      model.condition.dim > 0 && { condition: valuesAt(model.condition, 0, 0) };
    return Array.from({ length: model.numClasses }, (_, k) => ({
      told: { classes: k, ...condition },
      title: classNames[k] ?? `class ${k + 1}`,
      class: k,
    }));
  }
  if (model.kind === 'ssRegIVAE')
    return levels(model.targets).map(({ values, title }) => ({ told: { targets: values }, title }));
  if (isConditional(model))
    return levels(model.condition).map(({ values, title }) => ({ told: { condition: values }, title }));
  return [{ told: {} }];
}

/** Low, middle and high values of each factor, the others in the middle. */
function levels(factors: Factors): { values: number[]; title: string }[] {
  return factors.list.flatMap(({ name }, which) =>
    [-1, 0, 1].map((level) => {
      const values = valuesAt(factors, which, level);
      return { values, title: `${name} ${Number(values[which].toPrecision(3))}` };
    }),
  );
}

/** Every factor's centre, but factor `which` at `level` times its scale from there. */
const valuesAt = (factors: Factors, which: number, level: number): number[] =>
  factors.list.map(({ centre, scale }, k) => (k === which ? centre + level * scale : centre));
