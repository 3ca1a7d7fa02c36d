/** The checks between a model and its guide, and of log-probabilities against plates. Source: `pyro.util`. */
import type { Shape } from '@pyro-ts/engine';
import { broadcastShapes, uncountedReads } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Unit } from '../distributions/unit.js';
import { didYouMean, formatShape, ModelGuideError, NonFiniteError, PlateError, ShapeError } from '../errors.js';
import type { PlateFrame } from '../runtime/messages.js';
import type { SampleSite, Trace } from '../runtime/trace.js';
import { warn } from '../runtime/warn.js';

/** Rejects a guide that does not fit its model. */
export function checkModelMatchesGuide(model: Trace, guide: Trace): void {
  for (const site of guide.sampleSites) {
    const partner = model.sites.get(site.name);
    if (site.isObserved) {
      if (site.infer.isDeterministic) continue;
      if (site.fn instanceof Unit) {
        if (site.infer.isAuxiliary) continue;
        throw new ModelGuideError(
          `The factor "${site.name}" of the guide must say how the draws that it belongs to were made: factor(name, value, { hasRsample: true }) where ` +
            'they are reparameterised, false where they are not.',
          site.name,
        );
      }
      throw new ModelGuideError(
        `Site "${site.name}" is observed in the guide: observations belong in the model.`,
        site.name,
      );
    }
    if (partner === undefined || partner.type !== 'sample') {
      if (site.infer.isAuxiliary) continue;
      throw new ModelGuideError(
        `The guide has a sample site "${site.name}" that the model lacks. The model's latent sites: ${listed(model)}. Rename it, add it to the ` +
          'model, or mark it with infer: { isAuxiliary: true }.',
        site.name,
      );
    }
    if (partner.isObserved) {
      if (partner.intervened) continue;
      throw new ModelGuideError(
        `Site "${site.name}" is latent in the guide and observed in the model. Drop it from the guide.`,
        site.name,
      );
    }
    checkPlates(partner, site);
  }
  warnOfOtherPlates(model, guide);
  for (const site of model.latentSites) {
    if (guide.has(site.name) || site.enumeration?.own || site.infer.enumerate) continue;
    warn(
      `The model has a latent site "${site.name}" that the guide lacks: it is drawn from its prior. Add it to the guide, or enumerate it.`,
    );
  }
}

/** Warns of plates of the guide that the model does not open: where they choose elements, they choose other ones than the model. */
function warnOfOtherPlates(model: Trace, guide: Trace): void {
  const platesOf = (trace: Trace): Set<string> =>
    new Set(
      [...trace.sites.values()].flatMap((site) => [
        ...(site.type === 'sample' && site.isSubsample ? [site.name] : []),
        ...site.frames.map((frame) => frame.name),
      ]),
    );
  const known = platesOf(model);
  for (const name of platesOf(guide)) {
    if (known.has(name)) continue;
    warn(
      `The guide has a plate "${name}" that the model lacks.${didYouMean(name, [...known])} Plates that mean the same elements have the same name ` +
        'in both.',
    );
  }
}

/** Warns of sites that an objective draws although they are marked for enumeration. */
export function warnOfEnumeration(objective: string, model: Trace, guide: Trace): void {
  for (const site of [...guide.latentSites, ...model.latentSites.filter((s) => !guide.has(s.name))]) {
    if (!site.infer.enumerate) continue;
    warn(
      `Sample site "${site.name}" is marked for enumeration, but ${objective} draws it. Use TraceEnumELBO, or drop infer.enumerate.`,
    );
  }
}

const listed = (trace: Trace): string => trace.latentSites.map((s) => s.name).join(', ') || 'none';

function checkPlates(model: SampleSite, guide: SampleSite): void {
  const { name } = model;
  const plates = (frames: readonly PlateFrame[]) => frames.filter((f) => f.dim !== undefined);
  const sizes = (site: SampleSite) => new Map(plates(site.frames).map((f) => [f.dim as number, f.size]));
  const [m, g] = [sizes(model), sizes(guide)];
  for (const [dim, size] of m) {
    if (g.has(dim) && g.get(dim) !== size) {
      throw new ModelGuideError(
        `Model and guide disagree at site "${name}": at dim ${dim} the model's plate has ${size} elements and the guide's ${g.get(dim)}.`,
        name,
      );
    }
  }
}

/**
 * Rejects a site whose log-probability has a batch dimension that no plate owns. Dimensions left of -maxPlateNesting belong to enumeration.
 */
export function checkSiteShape(site: SampleSite, maxPlateNesting: number): void {
  const own = site.unscaledLogProb.shape;
  const actual = maskedAndScaled(site, own);
  const sizes = new Map<number, number>();
  for (const frame of site.frames) {
    if (frame.dim === undefined || frame.size < 0) continue;
    if (frame.dim < -maxPlateNesting) {
      throw new PlateError(
        `At site "${site.name}": plate "${frame.name}" sits at dim ${frame.dim}, but maxPlateNesting is ${maxPlateNesting}. ` +
          `Make maxPlateNesting at least ${-frame.dim}.`,
        site.name,
      );
    }
    sizes.set(frame.dim, frame.size);
  }
  const anySize = new Set(site.frames.filter((f) => f.size < 0).map((f) => f.dim));
  const visible = Math.min(
    actual.length,
    maxPlateNesting === Number.POSITIVE_INFINITY ? actual.length : maxPlateNesting,
  );
  for (let dim = -1; dim >= -visible; dim--) {
    const size = actual[actual.length + dim];
    if (size === 1 || anySize.has(dim) || size === sizes.get(dim)) continue;
    if (size !== (own[own.length + dim] ?? 1)) throw tooLarge(site, own, dim, size);
    throw new ShapeError(shapeMessage(site, actual, dim, size, sizes.get(dim)), site.name);
  }
}

/** The shapes of the site's mask and scale, where they are tensors. */
const weightsOf = ({ mask, scale }: SampleSite): [what: string, shape: Shape][] => [
  ...(mask instanceof tf.Tensor ? [['mask', mask.shape] as [string, Shape]] : []),
  ...(scale instanceof tf.Tensor ? [['scale', scale.shape] as [string, Shape]] : []),
];

/** The shape of the site's log-probability with its mask and scale. */
function maskedAndScaled(site: SampleSite, own: Shape): Shape {
  let shape = own;
  for (const [what, given] of weightsOf(site)) {
    const joint = broadcastShapes(shape, given);
    if (!joint) {
      throw new ShapeError(
        `At site "${site.name}": the ${what} has shape ${formatShape(given)}, which does not broadcast against the log-probability's shape ` +
          `${formatShape(shape)}.`,
        site.name,
      );
    }
    shape = joint;
  }
  return shape;
}

function tooLarge(site: SampleSite, own: Shape, dim: number, size: number): ShapeError {
  const [what, shape] = weightsOf(site).find(([, s]) => s[s.length + dim] === size) ?? ['mask', own];
  return new ShapeError(
    `At site "${site.name}": the ${what} of shape ${formatShape(shape)} has size ${size} at dim ${dim}, where there is no plate, and the ` +
      `log-probability has shape ${formatShape(own)}: it would count ${size} times. Give the ${what} the shape of the plates around, or open ` +
      'the plate that it is for around the site.',
    site.name,
  );
}

function shapeMessage(
  site: SampleSite,
  actual: Shape,
  dim: number,
  size: number,
  expected: number | undefined,
): string {
  const plates = site.frames
    .filter((f) => f.dim !== undefined)
    .map((f) => `"${f.name}" (dim ${f.dim}, size ${f.size})`);
  return [
    `At site "${site.name}": the log-probability has shape ${formatShape(actual)}, with size ${size} at dim ${dim}, where ` +
      (expected === undefined ? 'there is no plate.' : `the plate has size ${expected}.`),
    `  distribution: ${site.fn.name}, batchShape ${formatShape(site.fn.batchShape)}, eventShape ${formatShape(site.fn.eventShape)}`,
    `  value: ${formatShape(site.value.shape)}`,
    `  plates: ${plates.join(', ') || 'none'}`,
    'Mend one of:',
    `  - enclose the site in a plate of size ${size} at dim ${dim};`,
    '  - if the dimension is part of one draw, call .toEvent(n) on the distribution;',
    '  - if the data have it in another place, permute or reshape them.',
  ].join('\n');
}

/** Throws an error that names the first site whose log-probability is not finite, and which of its inputs is to blame. */
export function throwNonFinite(sites: readonly SampleSite[], what: string): never {
  for (const site of sites) {
    if (allFinite(site.logProb)) continue;
    const blamed = Object.entries(site.fn.parameters).filter(([, t]) => !allFinite(t));
    if (blamed.length === 0) site.fn.validateParameters(site.name);
    const why = [
      ...blamed.map(([name]) => `its parameter "${name}" has NaN or infinite entries`),
      ...(allFinite(site.value) ? [] : ['its value has NaN or infinite entries']),
    ];
    throw new NonFiniteError(
      `${what} is not finite: the log-probability of site "${site.name}" (${site.fn.name}) is not; ` +
        `${why.join(', and ') || 'its parameters and value are finite, so the value is impossible under the distribution, or overflowed'}. ` +
        'Check the input range, lower the learning rate, or clip gradients.',
      site.name,
    );
  }
  throw new NonFiniteError(`${what} is not finite although every site's log-probability is: the sum overflowed.`);
}

const allFinite = (x: tf.Tensor): boolean =>
  uncountedReads(() => tf.tidy(() => !!tf.all(tf.isFinite(x)).dataSync()[0]));
