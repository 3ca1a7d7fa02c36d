/** Programs of tensor operations as graphs. */
export * from './errors.js';
export * from './graph.js';
export { buildPlan, type Numbers, type Plan, type PlanStep } from './plan/plan.js';
export * from './record.js';
export { simplify } from './simplify.js';
export * from './trace.js';
