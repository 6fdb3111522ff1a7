// What the modules ask of their host: nothing. What they are given is what is written into their memory.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { require } from './support.mjs';

for (const name of ['wxpay', 'explain']) {
  test(`q02: ${name}.wasm can reach no network, no clock, no storage`, () => {
    const module = new WebAssembly.Module(readFileSync(require.resolve(`wxpay-wasm/${name}.wasm`)));
    assert.deepEqual(WebAssembly.Module.imports(module), []);
  });
}
