/** Guides made from models. */
export * from './autoGuide.js';
export * from './joint.js';
export * from './list.js';
export { AutoDelta, AutoNormal, type AutoNormalOptions } from './perSite.js';
