/** Trainers: epochs of steps with schedules, history, stop and resume. */
export type { TrainingImages } from './data.js';
export * from './errors.js';
export * from './evaluate.js';
export type { EpochRecord, Evaluation } from './history.js';
export { type Schedule, scheduleOf } from './schedule.js';
export * from './semiSupervised.js';
export { loadParams, saveParams } from './state.js';
export * from './trainer.js';
export * from './unsupervised.js';
