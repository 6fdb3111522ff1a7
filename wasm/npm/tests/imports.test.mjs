// What the modules ask of their host: nothing. They can reach no network, no clock and no storage.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { require } from './support.mjs';

for (const name of ['wxpay', 'explain']) {
  test(`q02: ${name}.wasm asks its host for nothing`, () => {
    const module = new WebAssembly.Module(readFileSync(require.resolve(`wxpay-wasm/${name}.wasm`)));
    assert.deepEqual(WebAssembly.Module.imports(module), []);
  });
}
