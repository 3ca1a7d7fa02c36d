/** Images and signals from files, and generated data sets: everything that needs a file system or a heavy reader. */
export { type CardsConfig, type CardsOptions, cards } from './cards/cards.js';
export type { Templates } from './cards/suits.js';
export { loadTemplates } from './cards/templates.js';
export { FileError } from './fileErrors.js';
export type { Window } from './formats/imageFile.js';
export { type Micrograph, type OpenOptions, openMicrograph } from './formats/openMicrograph.js';
export { type PixelSize, parsePixelSize } from './formats/pixelSize.js';
export { type GlyphsOptions, glyphs } from './glyphs/glyphs.js';
export type { GlyphFace } from './glyphs/templates.js';
export type { SplitBy } from './groups.js';
export { type FolderOptions, type LoadedImages, type LoadOptions, loadImages, readFolder } from './images/load.js';
export type { SourceOptions } from './images/plan.js';
export type { ReadOptions } from './images/read.js';
export type { Plane } from './images/resize.js';
export type { Centre } from './micrograph/centres.js';
export {
  type LocatedMicrograph,
  type LocatedObject,
  type LocatedPart,
  type LocateOptions,
  locateObjects,
  type Micrographs,
} from './micrograph/locate.js';
export { loadMicrographs, type MicrographOptions, type Patches } from './micrograph/micrograph.js';
export {
  type FindOptions,
  type FindValues,
  type FoundObject,
  type FoundObjects,
  findObjects,
  type Segmented,
} from './micrograph/objects.js';
export type { Preview } from './micrograph/preview.js';
export type { MicrographReadOptions, ReadMicrograph } from './micrograph/read.js';
export { type Partition, type PartitionOptions, partition } from './partition.js';
export type { ArrayFile } from './readers/arrayFile.js';
export { folderToNpy } from './readers/convert.js';
export { type ArrayOptions, type LoadedArray, loadArray, streamArray } from './readers/loadArray.js';
export { decodeNpy } from './readers/npy.js';
export { type ArrayChoice, openArray } from './readers/openArray.js';
export { type DigitsOptions, digits } from './simulated/digits.js';
export type { FieldConditions } from './simulated/fieldConditions.js';
export {
  type SimulatedMicrograph,
  type SimulatedMicrographOptions,
  type SimulatedObject,
  simulatedMicrograph,
} from './simulated/micrograph.js';
export { type ParticleLook, particleLooks } from './simulated/particleLook.js';
export { nanoparticles, type ParticlesOptions } from './simulated/particles.js';
export { type PeaksOptions, shiftedPeaks } from './simulated/peaks.js';
export { nanorods, type Pairs, type RodsOptions } from './simulated/rods.js';
export type { GeneratedSets } from './simulated/simulate.js';
