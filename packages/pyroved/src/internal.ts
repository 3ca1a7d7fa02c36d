/** Shared with the tests, the benchmarks and the web app of this project; not for other users. */
export { animatedPng } from './films/animation.js';
export { statusIn } from './reproduce/context.js';
export { Plan, type RunSpec, runId } from './reproduce/plan.js';
export { linearProbe, probeFactor, silhouette } from './reproduce/probes.js';
export { figuresNamed, reproduce, runsOf } from './reproduce/reproduce.js';
export { type Trainers, trainAll } from './reproduce/trainings.js';
export { disturbedImages } from './robustness/disturbedImages.js';
export {
  angleReport,
  disentangledBy,
  doubtfulLabels,
  earlyWarning,
  figuresOf,
  inputsFor,
  modelKinds,
  pairedInterval,
  pairedTest,
  poseRangesOf,
  predictionNpz,
  preprocessedFor,
  problemLines,
  spreadOf,
  straightened,
  validationFor,
  validationImages,
} from './runs/index.js';
export {
  isJsonObject,
  isLocked,
  type Json,
  type JsonObject,
  lockOf,
  MetricsLog,
  RUN_FILES,
  RUN_FORMAT,
  RUN_VERSION,
  StudyFolder,
  writeFileAtomic,
} from './storage/index.js';
export {
  CATEGORY_COLOURS,
  classScores,
  confusionChart,
  displayRange,
  formatDuration,
  renderReport,
  SHARE_COLOUR,
  samplesByClass,
  tileImages,
  trainingCharts,
} from './viz/index.js';
