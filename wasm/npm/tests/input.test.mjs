// Bad input: the right code, the field's name, and nothing secret in the message.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORMATS, KEY } from './support.mjs';

const BAD = [
  [1.5, 'not_an_integer'],
  [0.29 * 100, 'not_an_integer'],
  [NaN, 'not_an_integer'],
  [Infinity, 'not_an_integer'],
  [2 ** 53, 'unsafe_integer'],
  [1e21, 'unsafe_integer'],
  [true, 'not_a_string'],
  [10n, 'not_a_string'],
  [Symbol('s'), 'not_a_string'],
  [() => 1, 'not_a_string'],
  [null, 'missing'],
  [undefined, 'missing'],
  [{ a: 1 }, 'nested'],
  [['a'], 'nested'],
  [new Date(0), 'nested'],
  [new String('a'), 'nested'],
  ['\ud83d', 'lone_surrogate'],
  ['\ude00', 'lone_surrogate'],
  ['a\ude00\ud83d', 'lone_surrogate'],
  ['a\0b', 'nul'],
];

for (const [format, wxpay] of FORMATS) {
  const { WxPayError } = wxpay;
  const fails = (call, code, field) =>
    assert.throws(call, (error) => {
      assert.ok(error instanceof WxPayError && error instanceof Error, String(error));
      assert.deepEqual([error.code, error.field], [code, field], error.message);
      assert.ok(!field || error.message.includes(field), error.message);
      assert.ok(!JSON.stringify([error.message, error.stack]).includes(KEY.slice(0, 12)), error.message);
      return true;
    });

  test(`${format}: a bad value is refused by its field's name`, () => {
    for (const [value, code] of BAD) {
      const params = { a: '1', total_fee: value, z: '2' };
      fails(() => wxpay.sign(params, KEY, 'MD5'), code, 'total_fee');
      fails(() => wxpay.verify(params, KEY, 'MD5'), code, 'total_fee');
      fails(() => wxpay.stringToSign(params), code, 'total_fee');
      fails(() => wxpay.buildXml(params), code, 'total_fee');
    }
    for (const value of ['', '😀', '\ufffd', '\ufeff', ' ', '\u0001', 0, -0, -1, Number.MAX_SAFE_INTEGER]) {
      const text = wxpay.stringToSign({ a: value });
      assert.equal(text, value === '' ? '' : `a=${String(value)}`);
    }
  });

  test(`${format}: params must be a plain object`, () => {
    for (const params of [null, undefined, 'a=1', 1, [], new Map([['a', '1']]), new URLSearchParams('a=1')]) {
      fails(() => wxpay.sign(params, KEY, 'MD5'), 'not_an_object', 'params');
    }
    assert.equal(wxpay.stringToSign(Object.assign(Object.create(null), { b: 1, a: 2 })), 'a=2&b=1');
    fails(() => wxpay.sign({ '': '1' }, KEY, 'MD5'), 'empty_name', undefined);
    fails(() => wxpay.sign({ 'a\0b': '1' }, KEY, 'MD5'), 'nul', 'a\0b');
    fails(() => wxpay.sign({ '\ud800': '1' }, KEY, 'MD5'), 'lone_surrogate', '\ud800');
    fails(() => wxpay.sign({ a: 'x'.repeat(1 << 24) }, KEY, 'MD5'), 'too_large', 'params');
  });

  test(`${format}: the key is checked and never shown`, () => {
    for (const [key, code] of [
      [`${KEY}\n`, 'key_white_space'],
      [` ${KEY}`, 'key_white_space'],
      [KEY.slice(1), 'key_length'],
      [`${KEY}1`, 'key_length'],
      ['', 'key_length'],
      [`${KEY.slice(0, 31)}é`, 'key_not_ascii'],
      [undefined, 'not_a_string'],
      [Buffer.from(KEY), 'not_a_string'],
      [`${KEY.slice(0, 31)}\0`, 'nul'],
    ]) {
      fails(() => wxpay.sign({ a: '1' }, key, 'MD5'), code, 'key');
      fails(() => wxpay.decryptRefundNotice('AAAA', key), code, 'key');
    }
  });

  test(`${format}: the sign type is named, and agrees with the fields`, () => {
    for (const type of [undefined, 'md5', 'HMAC_SHA256', 'SHA256', '', 1]) {
      fails(() => wxpay.sign({ a: '1' }, KEY, type), 'unknown_sign_type', 'signType');
    }
    fails(() => wxpay.sign({ sign_type: 'HMAC-SHA256' }, KEY, 'MD5'), 'sign_type_differs', 'sign_type');
    fails(() => wxpay.sign({ signType: 'MD5' }, KEY, 'HMAC-SHA256'), 'sign_type_differs', 'signType');
    assert.equal(wxpay.verify({ a: '1' }, KEY, 'MD5'), false);
    assert.equal(wxpay.verify({ a: '1', sign: 'x' }, KEY, 'MD5'), false);
  });

  test(`${format}: what the second signature needs`, () => {
    const args = { appid: 'wx1', prepay_id: 'wx2', time_stamp: 1700000000, nonce_str: 'n', sign_type: 'MD5' };
    const fail = (change, code, field) => fails(() => wxpay.invoke('mini_program', { ...args, ...change }, KEY), code, field);
    fail({ time_stamp: Date.now() }, 'not_seconds', 'time_stamp');
    fail({ time_stamp: '1700000000.5' }, 'not_seconds', 'time_stamp');
    fail({ time_stamp: undefined }, 'not_seconds', 'time_stamp');
    fail({ sign_type: 'md5' }, 'unknown_sign_type', 'sign_type');
    fail({ prepay_id: '' }, 'missing', 'prepay_id');
    fail({ nonce_str: 5 }, 'not_a_string', 'nonce_str');
    fails(() => wxpay.invoke('h5', args, KEY), 'bad_option', 'kind');
    fails(() => wxpay.invoke('toString', args, KEY), 'bad_option', 'kind');
    fails(() => wxpay.invoke('app', undefined, KEY), 'not_an_object', 'args');
  });

  test(`${format}: XML and refund notices that cannot be read`, () => {
    for (const [xml, code, field] of [
      ['', 'xml_empty'],
      ['<root></root>', 'xml_wrong_root'],
      ['<xml><a>1</a><a>2</a></xml>', 'xml_duplicate', 'a'],
      ['<xml><a><b>1</b></a></xml>', 'xml_nested', 'b'],
      ['<!DOCTYPE xml><xml></xml>', 'xml_not_allowed'],
      ['<xml><a>&x;</a></xml>', 'xml_unknown_entity'],
      ['<xml><a>1</xml>', 'xml_malformed'],
      [`<xml><a>${'x'.repeat(70_000)}</a></xml>`, 'xml_too_large'],
      [new Uint8Array([0x3c, 0xff]), 'xml_not_utf8'],
      [5, 'not_a_string', 'xml'],
    ]) {
      fails(() => wxpay.parseXml(xml), code, field);
    }
    fails(() => wxpay.buildXml({ ok: '1', body: 'a\u0001' }), 'xml_bad_character', 'body');
    fails(() => wxpay.buildXml({ 'a b': '1' }), 'xml_bad_name', 'a b');
    for (const [info, code] of [['*', 'refund_not_base64'], ['AAAA', 'refund_length'], ['A'.repeat(43) + '=', 'refund_padding']]) {
      assert.throws(() => wxpay.decryptRefundNotice(info, KEY), { code, field: 'reqInfo' });
    }
  });
}
