/** Priors of the pose. Each is an object with its prior, its guide and the meaning of its samples. */
export type { AngleGuideName, AngleOptions } from './angle.js';
export * from './binned.js';
export { circularAngle } from './circular.js';
export type { Invariance, PosePriors } from './invariances.js';
export type { OwnDraws, OwnPart } from './latents.js';
export type {
  AnglePrior,
  AnglePriorName,
  NamedPrior,
  NormalAngleOptions,
  VonMisesAngleOptions,
} from './namedAngles.js';
export type { JointLatent, Modes, OwnSite, PoseKind, PosePart } from './posePart.js';
export type { RefinedPart } from './refined.js';
export type { PerAxis } from './shiftAndScale.js';
