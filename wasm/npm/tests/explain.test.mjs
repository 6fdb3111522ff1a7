// The debugger, through the package: causes, spans, charsets, candidates.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { FORMATS, KEY, object, vectors } from './support.mjs';

const json = (pairs) => `{${pairs.map((pair) => pair.map((part) => JSON.stringify(part)).join(':')).join(',')}}`;

for (const [format, wxpay, { explain, WxPayError }] of FORMATS) {
  test(`${format}: every wrong vector is named and proved`, () => {
    const { key, params, variants, others } = vectors('mistakes');
    for (const { id, also = [], what, sign } of variants) {
      const { verdict, causes } = explain(json(params), { key, sign });
      assert.equal(verdict, 'mismatch', what);
      assert.ok(causes[0]?.proved, `${id} ${what}`);
      assert.ok([id, ...also].includes(causes[0].id), `${id} ${what}: ${causes[0].id}`);
    }
    for (const other of others) {
      const options = { key: other.key, sign: other.sign };
      const [cause] = explain(json(other.params), options).causes;
      assert.ok(cause?.proved && [other.id, ...(other.also ?? [])].includes(cause.id), `${other.id} ${other.what}`);
      assert.equal(explain(json(other.params), { ...options, sign: other.correct }).verdict, 'match');
    }
  });

  test(`${format}: right messages match`, () => {
    for (const message of vectors('messages')) {
      if (!message.xml || !message.sign_type) continue;
      const report = explain(message.xml, { key: message.key });
      assert.equal(report.verdict, 'match', message.id);
      assert.equal(report.signatures[message.sign_type === 'MD5' ? 'md5' : 'hmac_sha256'], object(message.params).sign);
    }
  });

  test(`${format}: the shape of a report`, () => {
    const report = explain('a=1&b=&sign=00', { key: KEY });
    assert.deepEqual(Object.keys(report), [
      'verdict', 'format', 'confidence', 'scene', 'sign_type', 'given', 'own_sign_right', 'string_to_sign',
      'signatures', 'fields', 'lints', 'causes', 'advice', 'tried',
    ]);
    assert.deepEqual(report.fields[1], {
      name: 'b', value: '', kind: 'text', kept: false, why: 'empty', name_span: [4, 5], value_span: [6, 6],
    });
    assert.equal(report.string_to_sign, 'a=1&key=******');
    assert.ok(report.advice.every(({ id, code, title, advice }) => id && code && title.zh && title.en && advice.zh));
    assert.ok(Number.isInteger(report.tried.singles) && report.tried.stopped);
    assert.equal(JSON.stringify(JSON.parse(JSON.stringify(report))), JSON.stringify(report));
    assert.ok(!JSON.stringify(report).includes(KEY));
  });

  test(`${format}: spans count as strings do`, () => {
    const text = '{"备注":"😀茶","body":"x😀","sign":"z"}';
    for (const { name, value, name_span, value_span } of explain(text).fields) {
      assert.equal(text.slice(...name_span).replaceAll('"', ''), name);
      assert.equal(text.slice(...value_span).replaceAll('"', ''), value);
    }
  });

  test(`${format}: the platform's decoder gives GBK, for escaped characters too`, () => {
    const bytes = Buffer.concat([Buffer.from('body='), Buffer.from([0xd6, 0xd0, 0xce, 0xc4]), Buffer.from(`&key=${KEY}`)]);
    for (const body of ['中文', '\\u4e2d\\u6587']) {
      const report = explain(`{"body":"${body}"}`, { key: KEY, sign: md5(bytes) });
      assert.equal(report.causes[0]?.id, 'C6', body);
    }
    const report = explain('body=%E4%B8%AD%E6%96%87', { key: KEY, sign: md5(bytes), format: 'form' });
    assert.equal(report.causes[0]?.id, 'C6');
  });

  test(`${format}: the candidate that fits is named by its label`, () => {
    const params = { appid: 'wx0123456789abcdef', mch_id: '1900000001', body: '茶' };
    const old = 'npm0tests0old0key000000000000001';
    const sign = wxpay.sign(params, old, 'MD5');
    const candidates = [
      { kind: 'app_secret', key: 'of another length' },
      { kind: 'old', label: 'before May', key: old },
    ];
    const report = explain(json(Object.entries(params)), { key: KEY, sign, candidates });
    assert.equal(report.causes[0].id, 'A10');
    assert.ok(report.causes[0].proved && report.causes[0].evidence.en.includes('before May'));
    assert.ok(!JSON.stringify(report).includes(old));
  });

  test(`${format}: options that cannot be`, () => {
    const fails = (text, options, code, field) =>
      assert.throws(() => explain(text, options), (error) => error instanceof WxPayError && error.code === code && error.field === field);
    fails(5, {}, 'not_a_string', 'text');
    fails('\ud800', {}, 'lone_surrogate', 'text');
    fails('a=1\0', {}, 'nul', 'text');
    fails('a=1', null, 'not_an_object', 'options');
    fails('a=1', { scene: 'refund' }, 'bad_option', 'scene');
    fails('a=1', { format: 'yaml' }, 'bad_option', 'format');
    fails('a=1', { signType: 'md5' }, 'unknown_sign_type', 'signType');
    fails('a=1', { key: KEY, candidates: [{ kind: 'main', key: 5 }] }, 'not_a_string', 'candidates[0].key');
    fails('a=1', { key: KEY, candidates: [{ kind: 'best', key: 'k' }] }, 'bad_option', 'candidates');
    fails('a=1', { candidates: [{ kind: 'old', key: 'k' }] }, 'bad_option', 'candidates');
    fails('x'.repeat(300_000), {}, 'too_large', 'text');
    assert.deepEqual(explain('茶'.repeat(100_000)).error.code, 'too_large');
    assert.deepEqual([explain('').verdict, explain(' ').error.code], ['malformed', 'empty']);
  });

  test(`${format}: the default entry loads the debugger when asked`, async () => {
    const text = 'a=1&sign=00';
    assert.deepEqual(await wxpay.explain(text, { key: KEY }), explain(text, { key: KEY }));
    await assert.rejects(wxpay.explain(5), (error) => error instanceof wxpay.WxPayError);
    assert.equal(wxpay.WxPayError, WxPayError);
  });
}

function md5(bytes) {
  return createHash('md5').update(bytes).digest('hex').toUpperCase();
}
