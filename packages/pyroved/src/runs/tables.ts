/** Tables of encodings and pictures of manifolds. */
import { type Model, SSRegIVAE, type TrainingImages, type VED } from 'pyroved-ts';
import { csvText } from '../csv.js';
import { degreesText } from '../storage/results.js';
import { asSvgFile, manifoldPicture } from '../viz/index.js';
import type { TrainedModel } from './loadModel.js';
import { manifoldsOf } from './show.js';
import { degreesFromUpright, uprightOf } from './upright.js';

/** A `TrainedModel` or a `TrainedVED`. */
export type AnyTrained = Pick<TrainedModel, 'run' | 'classNames' | 'classAngles'> & { readonly model: Model | VED };

/**
 * A CSV table with the columns `file`, `class` (for models with classes), one column per predicted quantity, `z1`, `z1_sd`, ..., `angle_deg`
 * (counter-clockwise from the class's upright pose), `shift_1` and `shift_2` (in units of the [-1, 1] grid), `scale`, `shear_1` and `shear_2` (see
 * `PoseTensors.shear`).
 * @example const { set } = await imagesFor(trained, 'new-images'); encodingCsv(trained, set)
 */
export function encodingCsv({ model, classNames, classAngles }: AnyTrained, set: TrainingImages): string {
  const { latentDim } = model.options;
  const { encoding, classified: found, targets } = model.infer(set);
  const { content, contentScale, angle, shift, scale, shear } = encoding;
  const quantities = model instanceof SSRegIVAE ? model.targets.names : [];
  const dims = shift ? shift.length / set.count : 0;
  const scales = scale ? scale.length / set.count : 0;
  const numbered = (name: string, n: number) => Array.from({ length: n }, (_, i) => `${name}_${i + 1}`);
  const header = [
    'file',
    ...(found ? ['class'] : []),
    ...quantities,
    ...Array.from({ length: latentDim }, (_, i) => [`z${i + 1}`, `z${i + 1}_sd`]).flat(),
    ...(angle ? ['angle_deg'] : []),
    ...(shift ? numbered('shift', dims) : []),
    ...(scales === 1 ? ['scale'] : numbered('scale', scales)),
    ...(shear ? numbered('shear', 2) : []),
  ];
  const rows = Array.from({ length: set.count }, (_, i) => {
    const at = (values: Float32Array, width: number) =>
      Array.from(values.subarray(i * width, (i + 1) * width), (v) => v.toFixed(5));
    const centres = at(content, latentDim);
    const spreads = at(contentScale, latentDim);
    const upright = (found && classAngles?.[found.classes[i]]) ?? Number.NaN;
    return [
      set.names?.[i] ?? `image ${i + 1}`,
      ...(found ? [classNames[found.classes[i]]] : []),
      ...(targets ? at(targets, quantities.length) : []),
      ...centres.flatMap((c, d) => [c, spreads[d]]),
      ...(angle ? [degreesText(degreesFromUpright(angle[i], upright))] : []),
      ...(shift ? at(shift, dims) : []),
      ...(scale ? at(scale, scales) : []),
      ...(shear ? at(shear, 2) : []),
    ];
  });
  return csvText([header, ...rows]);
}

export interface ManifoldRequest {
  readonly size?: number;
  readonly coverage?: number;
  /** Degrees counter-clockwise from upright. */
  readonly angle?: number;
}

/**
 * One SVG picture per class, or only that of class `only`, with file names.
 * @example for (const { name, svg } of manifoldPictures(trained, { size: 12 })) writeFileSync(name, svg)
 */
export function manifoldPictures(
  { model, classNames, classAngles }: AnyTrained,
  { angle = 0, ...grid }: ManifoldRequest = {},
  only?: number,
): { name: string; svg: string }[] {
  const turn = (angle * Math.PI) / 180;
  const drawn = manifoldsOf(model, classNames, {
    ...grid,
    angle: Array.from({ length: Math.max(1, classNames.length) }, (_, k) => uprightOf(classAngles, k) + turn),
  });
  return drawn
    .map((options, i) => ({
      i,
      name: drawn.length === 1 ? 'manifold' : `manifold-${i + 1}-${plain(options.title ?? '')}`,
      options,
    }))
    .filter(({ i }) => only === undefined || i === only)
    .map(({ name, options }) => ({ name, svg: asSvgFile(manifoldPicture(options).svg) }));
}

/** A class name reduced to letters, digits and hyphens, for file names. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
