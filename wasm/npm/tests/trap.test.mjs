// A trap costs one call: the instance is dropped, the next call has a fresh one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KEY, require } from './support.mjs';

/** A module with one function, which traps: `(func (export "trap") unreachable)`. */
const TRAP = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 0, 10, 5, 1, 3, 0, 0, 11,
);

/** While `work` runs, instances are counted, and the first `traps` of them trap when they sign. */
async function withTraps(traps, work) {
  const { Instance } = WebAssembly;
  let made = 0;
  WebAssembly.Instance = function Counted(module, imports) {
    made += 1;
    const { exports } = new Instance(module, imports);
    const { trap } = new Instance(new WebAssembly.Module(TRAP)).exports;
    return made > traps ? { exports } : { exports: { ...exports, sign: trap, explain: trap } };
  };
  try {
    return await work(() => made);
  } finally {
    WebAssembly.Instance = Instance;
  }
}

const file = (name) => readFileSync(require.resolve(`wxpay-wasm/${name}.wasm`));
const internal = (error) => error.code === 'internal' && error.cause instanceof WebAssembly.RuntimeError && !error.message.includes(KEY);

for (const [format, load] of [['import', () => import('wxpay-wasm/slim')], ['require', async () => require('wxpay-wasm/slim')]]) {
  test(`${format}: after a trap the next call works`, async () => {
    const slim = await load();
    assert.throws(() => slim.sign({ a: '1' }, KEY, 'MD5'), { code: 'not_ready' });
    await slim.init(file('wxpay'));
    await withTraps(2, (made) => {
      assert.throws(() => slim.sign({ a: '1' }, KEY, 'MD5'), internal);
      assert.throws(() => slim.sign({ a: '1' }, KEY, 'MD5'), internal);
      assert.match(slim.sign({ a: '1' }, KEY, 'MD5'), /^[0-9A-F]{32}$/);
      assert.equal(slim.stringToSign({ a: '1' }), 'a=1');
      assert.throws(() => slim.sign({ a: null }, KEY, 'MD5'), { code: 'missing' });
      assert.throws(() => slim.sign({ a: '1' }, 'short', 'MD5'), { code: 'key_length' });
      assert.match(slim.sign({ a: '1' }, KEY, 'HMAC-SHA256'), /^[0-9A-F]{64}$/);
      assert.equal(made(), 3, 'a refused call keeps the instance');
    });
  });

  test(`${format}: the debugger too`, async () => {
    const slim = await load();
    await slim.initExplain(new WebAssembly.Module(file('explain')));
    await withTraps(1, (made) => {
      assert.throws(() => slim.explain('a=1', { key: KEY }), internal);
      assert.equal(slim.explain('a=1', { key: KEY }).verdict, 'unsigned');
      assert.equal(made(), 2);
    });
  });

  test(`${format}: slim takes bytes, a module or a response, and says what else it was given`, async () => {
    const slim = await load();
    const bytes = file('wxpay');
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    for (const source of [bytes, buffer, new WebAssembly.Module(bytes), new Response(bytes), Promise.resolve(new Response(bytes))]) {
      await slim.init(source);
      assert.equal(slim.stringToSign({ b: 1, a: 2 }), 'a=2&b=1');
    }
    await assert.rejects(slim.init(new Response('', { status: 404 })), { code: 'not_compiled', field: 'source' });
    await assert.rejects(slim.init(Uint8Array.of(1, 2, 3)), { code: 'not_compiled' });
    for (const source of [undefined, null, 'wxpay.wasm', {}]) {
      await assert.rejects(slim.init(source), { code: 'bad_option', field: 'source' });
    }
    assert.equal(slim.stringToSign({ a: 2 }), 'a=2', 'what was there stays');
  });
}

test('where WebAssembly is forbidden the error says so, and a later call can work', async () => {
  const { sign, ready } = await import('wxpay-wasm');
  const { Module } = WebAssembly;
  WebAssembly.Module = class Forbidden {
    constructor() {
      throw new WebAssembly.CompileError('blocked by CSP');
    }
  };
  try {
    assert.throws(() => sign({ a: '1' }, KEY, 'MD5'), (error) => error.code === 'not_compiled' && error.message.includes('wasm-unsafe-eval'));
  } finally {
    WebAssembly.Module = Module;
  }
  await ready();
  assert.match(sign({ a: '1' }, KEY, 'MD5'), /^[0-9A-F]{32}$/);
});
