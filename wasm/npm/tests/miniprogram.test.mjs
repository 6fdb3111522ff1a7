// ./miniprogram in a context like a phone's: no WebAssembly, no TextEncoder, no TextDecoder, no atob; WXWebAssembly.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import vm from 'node:vm';
import { FORMATS, KEY, require } from './support.mjs';

const dist = dirname(require.resolve('wxpay-wasm/miniprogram'));

/** Loads the package's CommonJS into a bare context; `broken` makes the first instances trap. */
function phone({ broken = 0 } = {}) {
  let made = 0;
  const WXWebAssembly = {
    async instantiate(path, imports) {
      assert.match(path, /^\/packed\/[a-z]+\.wasm$/);
      const { instance } = await WebAssembly.instantiate(readFileSync(join(dist, path.slice(8))), imports);
      made += 1;
      const trap = () => {
        throw new WebAssembly.RuntimeError('unreachable');
      };
      return { instance: made > broken ? instance : { exports: { ...instance.exports, sign: trap } } };
    },
  };
  const context = vm.createContext({ WXWebAssembly });
  for (const name of ['WebAssembly', 'TextEncoder', 'TextDecoder', 'atob']) {
    vm.runInContext(`delete globalThis.${name}`, context);
    assert.equal(vm.runInContext(`typeof ${name}`, context), 'undefined');
  }
  const load = (file) => {
    const module = { exports: {} };
    const run = vm.runInContext(`(function (module, exports, require) {${readFileSync(join(dist, file), 'utf8')}\n})`, context);
    run(module, module.exports, load);
    return module.exports;
  };
  return load('miniprogram.cjs');
}

const [[, wxpay, { explain }]] = FORMATS;
const TEXTS = ['', 'tea', '茶', 'é😀ｱ\ufeff\u07ff\u0800\uffff\u{10ffff}', '茶'.repeat(5000)];

test('it computes what the default entry computes', async () => {
  const wx = phone();
  assert.throws(() => wx.sign({ a: '1' }, KEY, 'MD5'), { code: 'not_ready' });
  await wx.init('/packed/wxpay.wasm');
  await wx.initExplain('/packed/explain.wasm');
  for (const text of TEXTS) {
    const params = { body: text, total_fee: 1 };
    for (const type of ['MD5', 'HMAC-SHA256']) assert.equal(wx.sign(params, KEY, type), wxpay.sign(params, KEY, type));
    assert.equal(wx.stringToSign(params), wxpay.stringToSign(params));
    if (!text.includes('\uffff')) assert.deepEqual({ ...wx.parseXml(wx.buildXml(params)) }, { body: text, total_fee: '1' });
  }
  const text = 'body=茶&sign=00';
  assert.deepEqual(JSON.parse(JSON.stringify(wx.explain(text, { key: KEY }))).fields, explain(text, { key: KEY }).fields);
  assert.throws(() => wx.sign({ a: 1.5 }, KEY, 'MD5'), { code: 'not_an_integer', field: 'a' });
});

test('after a trap it asks for init, and works again', async () => {
  const wx = phone({ broken: 1 });
  await wx.init('/packed/wxpay.wasm');
  assert.throws(() => wx.sign({ a: '1' }, KEY, 'MD5'), { code: 'internal' });
  assert.throws(() => wx.sign({ a: '1' }, KEY, 'MD5'), { code: 'not_ready' });
  await wx.init('/packed/wxpay.wasm');
  assert.equal(wx.sign({ a: '1' }, KEY, 'MD5'), wxpay.sign({ a: '1' }, KEY, 'MD5'));
});
