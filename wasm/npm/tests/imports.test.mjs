// What the modules ask of their host: to make objects and errors, and nothing that reaches anybody.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { require } from './support.mjs';

/** wasm-bindgen's names without their hashes. */
const ASKED = {
  wxpay: ['__wbindgen_throw', 'generic'],
  explain: ['Error', '__wbindgen_throw', 'generic', 'new', 'object_clone_ref', 'object_drop_ref', 'set'],
};

for (const [name, asked] of Object.entries(ASKED)) {
  test(`q02: ${name}.wasm can reach no network, no clock, no storage`, () => {
    const module = new WebAssembly.Module(readFileSync(require.resolve(`wxpay-wasm/${name}.wasm`)));
    const imports = WebAssembly.Module.imports(module).map((one) => {
      assert.equal(one.kind, 'function', one.name);
      return one.name.replace(/^__(wbg|wbindgen)_/, '').replace(/_[0-9a-f]{16}$/, '');
    });
    assert.deepEqual([...new Set(imports)].sort(), asked);
  });
}
