/** How far known factors of variation have latent variables of their own. */
export * from './disentanglement.js';
