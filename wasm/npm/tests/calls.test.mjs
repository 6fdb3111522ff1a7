// The core's vectors, through the package.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORMATS, KEY, object, vectors } from './support.mjs';

for (const [format, wxpay] of FORMATS) {
  test(`${format}: the vectors of signing`, () => {
    for (const vector of vectors('sign')) {
      const params = object(vector.params);
      assert.equal(wxpay.stringToSign(params), vector.string_to_sign, vector.id);
      const named = params.sign_type || params.signType;
      for (const [type, right] of [['MD5', vector.md5], ['HMAC-SHA256', vector.hmac_sha256]]) {
        if (!right) continue;
        if (!named || named === type) {
          assert.equal(wxpay.sign(params, vector.key, type), right, vector.id);
          assert.equal(wxpay.verify({ ...params, sign: right }, vector.key, type), true, vector.id);
        } else {
          assert.throws(() => wxpay.sign(params, vector.key, type), { code: 'sign_type_differs' }, vector.id);
        }
        const other = right.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
        assert.equal(wxpay.verify({ ...params, sign: other }, vector.key, type), false, vector.id);
      }
    }
  });

  test(`${format}: wrong signatures are not right`, () => {
    const { key, params, variants, others } = vectors('mistakes');
    for (const { sign, what } of variants) {
      assert.equal(wxpay.verify({ ...object(params), sign }, key, 'MD5'), false, what);
    }
    for (const other of others) {
      const params = object(other.params);
      assert.equal(wxpay.verify({ ...params, sign: other.sign }, other.key, other.sign_type), false, other.what);
      assert.equal(wxpay.verify({ ...params, sign: other.correct }, other.key, other.sign_type), true, other.what);
    }
  });

  test(`${format}: messages are read, written and verified`, () => {
    let read = 0;
    for (const message of vectors('messages')) {
      const params = object(message.params);
      if (!message.xml) continue;
      read += 1;
      assert.deepEqual(wxpay.parseXml(message.xml), params, message.id);
      assert.deepEqual(wxpay.parseXml(new TextEncoder().encode(message.xml)), params, message.id);
      assert.deepEqual(wxpay.parseXml(wxpay.buildXml(params)), params, message.id);
      if (!message.sign_type) continue;
      assert.ok(wxpay.verify(params, message.key, message.sign_type), message.id);
      for (const xml of [message.xml, new TextEncoder().encode(message.xml)]) {
        assert.deepEqual(wxpay.verifyXml(xml, message.key, message.sign_type), params, message.id);
      }
    }
    assert.ok(read > 3);
  });

  test(`${format}: a message that is not right gives no fields`, () => {
    const params = { body: '茶', mch_id: '1900000001' };
    const sign = wxpay.sign(params, KEY, 'MD5');
    const message = (change) => wxpay.buildXml({ ...params, sign, ...change });
    assert.deepEqual(wxpay.verifyXml(message(), KEY, 'MD5'), { ...params, sign });
    const fails = (xml, code, field, type = 'MD5') =>
      assert.throws(() => wxpay.verifyXml(xml, KEY, type), (error) => {
        assert.ok(error instanceof wxpay.WxPayError && !`${error.stack}`.includes(sign), String(error));
        assert.deepEqual([error.code, error.field], [code, field]);
        return true;
      });
    for (const xml of [(change) => message(change), (change) => new TextEncoder().encode(message(change))]) {
      fails(xml({ body: '茶 ' }), 'sign_mismatch', 'sign');
      fails(xml({ sign: '' }), 'sign_missing', 'sign');
      fails(xml({ sign: sign.toLowerCase() }), 'sign_malformed', 'sign');
      fails(xml(), 'sign_malformed', 'sign', 'HMAC-SHA256');
      fails(xml({ sign_type: 'HMAC-SHA256' }), 'sign_type_differs', 'sign_type');
    }
    fails('<xml><a>1</xml>', 'xml_malformed', undefined);
    fails(new Uint8Array([0x3c, 0xff]), 'xml_not_utf8', undefined);
    fails('<xml><a>\0</a></xml>', 'nul', 'xml');
    fails(5, 'not_a_string', 'xml');
  });

  test(`${format}: what JSON must escape, names of the prototype, and texts larger than the room`, () => {
    const params = { body: '"\\\n\t\u2028茶😀', __proto__: null, constructor: 'c', toString: 't' };
    const read = wxpay.parseXml(wxpay.buildXml(params));
    assert.deepEqual({ ...read }, { ...params });
    const named = Object.defineProperty({ a: '1' }, '__proto__', { value: 'p', enumerable: true });
    assert.deepEqual(Object.entries(wxpay.parseXml(wxpay.buildXml(named))).sort(), [['__proto__', 'p'], ['a', '1']]);
    for (const length of [1, 5000, 5462, 16384, 60_000, 1 << 20, 10]) {
      const body = '茶'.repeat(length);
      assert.equal(wxpay.stringToSign({ body }), `body=${body}`);
      if (length < 20_000) assert.equal(wxpay.parseXml(wxpay.buildXml({ body })).body, body);
    }
  });

  test(`${format}: the second signature`, () => {
    let checked = 0;
    for (const { kind, key, arguments: args, params } of vectors('messages')) {
      if (kind !== 'request_payment') continue;
      checked += 1;
      const { appId, nonceStr, package: prepay, signType, timeStamp } = object(params);
      const call = { appid: appId, nonce_str: nonceStr, prepay_id: prepay.slice(10), sign_type: signType };
      const { appId: signed, ...rest } = wxpay.invoke('mini_program', { ...call, time_stamp: timeStamp }, key);
      assert.equal(signed, appId);
      assert.deepEqual(rest, args);
      assert.deepEqual(wxpay.invoke('mini_program', { ...call, time_stamp: Number(timeStamp) }, key).paySign, rest.paySign);
    }
    assert.ok(checked > 0);
  });

  test(`${format}: an app's arguments and a native link are signed over what they hold`, () => {
    const key = 'npm0tests0key0of0nobody000000001';
    const args = { appid: 'wx0123456789abcdef', mch_id: '1900000001', time_stamp: 1700000000, nonce_str: 'n0nce', sign_type: 'MD5' };
    const { sign, ...signed } = wxpay.invoke('app', { ...args, prepay_id: 'wx1' }, key);
    assert.equal(sign, wxpay.sign(signed, key, 'MD5'));
    assert.equal(signed.package, 'Sign=WXPay');
    const link = new URL(wxpay.invoke('native', { ...args, product_id: 'A&B 茶' }, key));
    const { sign: linkSign, ...inLink } = Object.fromEntries(link.searchParams);
    assert.equal(inLink.product_id, 'A&B 茶');
    assert.equal(linkSign, wxpay.sign(inLink, key, 'MD5'));
  });

  test(`${format}: refund notices`, () => {
    for (const vector of vectors('refund_notice')) {
      const fields = wxpay.parseXml(vector.plaintext.replace('<root>', '<xml>').replace('</root>', '</xml>'));
      assert.deepEqual(wxpay.decryptRefundNotice(vector.req_info, vector.key), fields, vector.id);
    }
  });

  test(`${format}: fields are plain data, whatever their names`, () => {
    const fields = wxpay.parseXml('<xml><__proto__>1</__proto__><constructor>2</constructor></xml>');
    assert.deepEqual(Object.entries(fields), [['__proto__', '1'], ['constructor', '2']]);
    assert.equal(wxpay.stringToSign(fields), '__proto__=1&constructor=2');
    assert.equal({}.polluted, undefined);
    assert.equal(wxpay.stringToSign({}), '');
    assert.deepEqual(wxpay.parseXml('<xml></xml>'), {});
  });
}
