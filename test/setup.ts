/** Every test file runs on the engine that PYRO_ENGINE names, or on the best one that loads. */
import { selectEngine } from '@pyro-ts/engine';
import './typedArrays.js';

await selectEngine();
