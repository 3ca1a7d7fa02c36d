/** Coordinates: the grid, poses as transforms of it, drawn poses, and pictures rotated by a pose. */
export { type AffineRanges, drawPoses, type Poses } from './drawnPoses.js';
export { coordinateGrid } from './grid.js';
export { type Outside, type PosedOptions, posedImages } from './posedImages.js';
export { type PoseNumbers, undoPose } from './resample.js';
export {
  type CoordinateTransform,
  directionOf,
  type FoldedLayer,
  type PoseTensors,
  poseTransform,
  transformGrid,
} from './transform.js';
export type { ViewMapOptions } from './viewMap.js';
