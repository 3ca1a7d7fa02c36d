export type { Checkpoint, LoadedCheckpoint } from './checkpoint.js';
export type { RunConfig, RunSettings } from './config.js';
export { RUN_FORMAT, RUN_VERSION } from './config.js';
export { RunError } from './errors.js';
export { writeWhole } from './files.js';
export type { Json, JsonObject } from './json.js';
export { MetricsLog } from './metrics.js';
export { type Classification, classificationCsv } from './results.js';
export { type CreateOptions, RUN_FILES, RunFolder } from './runFolder.js';
