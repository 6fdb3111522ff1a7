// What all entries share, so that there is one WxPayError.
export { makeCalls } from './calls.js';
export { compiled, Engine } from './engine.js';
export { WxPayError } from './error.js';
export { makeExplain } from './report.js';
