/** Disentanglement metrics. */
export * from './disentanglement.js';
