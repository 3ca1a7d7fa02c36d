/** Runs from images to a report: trained, resumed, compared, evaluated and applied to new images. */
export type { ArchiveResult, ArchiveWork } from './archives/classifyArchive.js';
export { classifyArchive } from './archives/classifyArchive.js';
export type { ArchiveRequest } from './archives/plan.js';
export type * from './runs/index.js';
export {
  averagedClassifications,
  classifyImages,
  classifyMicrographs,
  comparePriors,
  crossValidate,
  encodingCsv,
  evaluateModel,
  exportModel,
  findInMicrographs,
  imagesFor,
  importRun,
  labelledImages,
  learningProblems,
  likelihoodBounds,
  loadModel,
  loadPairs,
  loadSets,
  loadVED,
  manifoldPictures,
  measureRobustness,
  predictOutputs,
  resumeComparison,
  resumeCrossValidation,
  resumePairs,
  resumeRun,
  resumeSeeds,
  runImages,
  testImages,
  trainPairs,
  trainRun,
  trainSeeds,
} from './runs/index.js';
export type * from './storage/index.js';
export { classificationCsv, RunError, RunFolder } from './storage/index.js';
export type * from './viz/index.js';
export {
  asSvgFile,
  heatmapChart,
  histogramChart,
  imageRowsPicture,
  lineChart,
  manifoldPicture,
  scatterChart,
} from './viz/index.js';
