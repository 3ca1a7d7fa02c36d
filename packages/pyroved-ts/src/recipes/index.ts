/** Whole jobs: train a run, go on with it, load its model, and put it to use. */
export * from './demo.js';
export * from './estimate.js';
export { evaluateModel, type OtherCards, testImages } from './evaluate.js';
export type { RunSummary } from './finish.js';
export * from './loadModel.js';
export type { ModelSettings, TrainSettings } from './settings.js';
export { type CardsSource, type ImagesSource, loadSets, type Source, type TrainingSets } from './source.js';
export { encodingCsv, type ManifoldRequest, manifoldPictures } from './tables.js';
export * from './train.js';
