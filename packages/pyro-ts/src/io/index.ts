export * from './float16.js';
export * from './safetensors.js';
