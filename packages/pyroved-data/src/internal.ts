/** Shared with the application, the tests and the benchmarks of this project; not for other users. */
export { openArchive, usableImages } from './archive/archive.js';
export type { ArchivedImage, ArchiveOptions, ImageArchive } from './archive/archivedImage.js';
export { drawPose, type Pose, type PoseRanges, polarAngle, warp } from './cards/affine.js';
export { type CardSetOptions, cardSet, cardsConfig } from './cards/cards.js';
export { suitTemplates } from './cards/suits.js';
export { errorCode, explained } from './fileErrors.js';
export { pixelRatio } from './formats/pixelSize.js';
export { glyphSymmetry } from './glyphs/lookAlikes.js';
export { glyphFaces, glyphNames, glyphTemplate } from './glyphs/templates.js';
export { type GroupSplit, groupFolds, groupSplit, groupsOf } from './groups.js';
export { readLabelTable } from './images/labels.js';
export { LARGEST_CHOSEN } from './images/size.js';
export { readCentres } from './micrograph/centres.js';
export { type CutOptions, patchesAround } from './micrograph/cut.js';
export { fieldConditionNames } from './simulated/fieldConditions.js';
export { columnOf, readTable } from './table.js';
