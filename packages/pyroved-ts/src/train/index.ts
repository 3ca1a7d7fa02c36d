/** Trainers with schedules, history, checkpoints and early stopping; evaluation metrics. */

export * from './angleRegions.js';
export type { AverageOptions } from './average.js';
export * from './calibration.js';
export type { Checkpoint } from './checkpoint.js';
export type { TrainingImages } from './data.js';
export * from './disentanglement/index.js';
export type { EarlyStopping } from './earlyStopping.js';
export * from './encoderDecoder.js';
export * from './errors.js';
export * from './evaluate.js';
export * from './findClasses.js';
export * from './freshNoise.js';
export * from './gate.js';
export type { EpochRecord, Evaluation } from './history.js';
export {
  checkKnownPoseOptions,
  KnownPoseTrainer,
  type KnownPoseTrainerOptions,
  klSchedule,
  knownPoseKeys,
} from './knownPoses.js';
export * from './labelsOnly.js';
export { bestAssignment } from './matching.js';
export type { LoopOptions, StepProgress, TrainCalls, TrainerOptions } from './options.js';
export * from './poseCalibration.js';
export { type Schedule, scheduleOf } from './schedule.js';
export * from './semiSupervised.js';
export { shareInterval } from './shareInterval.js';
export { loadParams, saveParams } from './state.js';
export * from './suspiciousLabels.js';
export * from './temperature.js';
export {
  checkTemplateOptions,
  type TemplateTrainerOptions,
  templateDefaults,
  templateKeys,
} from './templateOptions.js';
export * from './templates.js';
export * from './trainer.js';
export * from './unsupervised.js';
