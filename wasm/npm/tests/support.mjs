// What the tests share: the core's vectors, and the package in both formats.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as esm from 'wxpay-wasm';
import * as esmExplain from 'wxpay-wasm/explain';

export const require = createRequire(import.meta.url);

export const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../../../core/tests/vectors/${name}.json`, import.meta.url), 'utf8'));

/** `[format, default entry, debugger]`. */
export const FORMATS = [
  ['import', esm, esmExplain],
  ['require', require('wxpay-wasm'), require('wxpay-wasm/explain')],
];

/** An invented key. */
export const KEY = 'npm0tests0key0of0nobody000000001';

export const object = (pairs) => Object.fromEntries(pairs);
