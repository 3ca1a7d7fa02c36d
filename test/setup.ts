/** Every test file runs on the engine that PYRO_ENGINE names. */
export {};
