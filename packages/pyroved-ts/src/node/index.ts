/** Functions that require Node: reading PyTorch weights and zip archives. */
export { checkRoom, LimitError, limitsFor, READ_LIMITS, type ReadLimits } from './limits.js';
export { type ImportedKind, importedKinds, type LayoutOptions } from './torch/layout.js';
export { type ImportedModel, importPyroved, type PyrovedOptions, pyrovedOptionKeys } from './torch/pyroved.js';
export { type LoadedTensor, readStateDict } from './torch/stateDict.js';
export { type ImportedVED, importPyrovedVED, isVED, type PyrovedVEDOptions, vedOptionKeys } from './torch/ved.js';
export { type ZipEntry, zipEntries } from './zip.js';
