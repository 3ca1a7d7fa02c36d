/** Guides made from models. */
export { AutoGuide, type AutoGuideOptions } from './autoGuide.js';
export * from './discrete.js';
export { AutoIAFNormal, type AutoIAFNormalOptions, AutoNormalizingFlow, type FlowMaker } from './flow.js';
export { AutoDiagonalNormal } from './joint.js';
export * from './list.js';
export { AutoLowRankMultivariateNormal, type AutoLowRankOptions } from './lowRank.js';
export { AutoLaplaceApproximation, AutoMultivariateNormal } from './multivariate.js';
export { AutoDelta, AutoNormal, type AutoNormalOptions } from './perSite.js';
export { AutoStructured, type AutoStructuredOptions, type Conditional, type Dependency } from './structured.js';
