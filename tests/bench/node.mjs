// node node.mjs FIXTURE DIST: CPU time of our package and of the libraries beside this file, as `library<TAB>call<TAB>ns`.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { byHand, ours, same, searches } from './calls.mjs';
import { measure } from './measure.mjs';

const require = createRequire(import.meta.url);
const [fixturePath, dist] = process.argv.slice(2);
const fixture = JSON.parse(await readFile(fixturePath, 'utf8'));
const load = (name) => import(pathToFileURL(path.join(dist, name)).href);
const wxpay = await load('index.js');
const { explain } = await load('explain.js');

const calls = [
  ...ours(wxpay, fixture),
  ...searches(explain, fixture),
  ...byHand(require('js-md5').md5, fixture),
  ...(await tenpay(fixture)),
  ...axiosPlugin(fixture),
  ...weixinPay(fixture),
];
for (const { name, ns } of await measure(calls, cpuMs)) console.log(`${name}\t${ns.toFixed(1)}`);

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function tenpay({ key, order, notice }) {
  const Tenpay = require('tenpay');
  const { buildXML } = require('tenpay/lib/util');
  const { appid, mch_id, notify_url } = order.params;
  const merchant = new Tenpay({ appid, mchid: mch_id, partnerKey: key, notify_url });
  const sign = (type) => merchant._getSign(order.params, type);
  const verify = () => merchant._parse(notice.xml_md5, 'middleware_pay');
  same(sign('MD5'), order.md5);
  same(sign('HMAC-SHA256'), order.hmac_sha256);
  same((await verify()).sign, notice.md5);
  return [
    { name: 'tenpay\tsign_md5', make: () => sign('MD5') },
    { name: 'tenpay\tsign_hmac', make: () => sign('HMAC-SHA256') },
    { name: 'tenpay\tsigned_xml_md5', make: () => buildXML({ ...order.params, sign: sign('MD5') }) },
    { name: 'tenpay\tverify_md5', make: verify, isAsync: true },
  ];
}

function axiosPlugin({ key, order, notice }) {
  const { Hash, Transformer } = require('wechatpay-axios-plugin');
  const { params } = order;
  const call = { url: '/notify' };
  const { verifier } = new Transformer(params.mch_id, key);
  const verify = (xml) => verifier.call(call, Transformer.toObject.call(call, xml));
  same(Hash.sign('MD5', params, key), order.md5);
  same(Hash.sign('HMAC-SHA256', params, key), order.hmac_sha256);
  same(verify(notice.xml_md5).sign, notice.md5);
  same(verify(notice.xml_hmac_sha256).sign, notice.hmac_sha256);
  const library = 'wechatpay-axios-plugin';
  return [
    { name: `${library}\tsign_md5`, make: () => Hash.sign('MD5', params, key) },
    { name: `${library}\tsign_hmac`, make: () => Hash.sign('HMAC-SHA256', params, key) },
    { name: `${library}\tsigned_xml_md5`, make: () => Transformer.toXml({ ...params, sign: Hash.sign('MD5', params, key) }) },
    { name: `${library}\tverify_md5`, make: () => verify(notice.xml_md5) },
    { name: `${library}\tverify_hmac`, make: () => verify(notice.xml_hmac_sha256) },
  ];
}

function weixinPay({ key, order, notice }) {
  const WeixinPay = require('weixin-pay');
  const { buildXML, parseXML } = require('weixin-pay/lib/util');
  const { params } = order;
  const merchant = new WeixinPay({ appid: params.appid, mch_id: params.mch_id, partner_key: key });
  // As its own middleware does it.
  const verify = () => new Promise((resolve, reject) => parseXML(notice.xml_md5, (error, message) => {
    const { sign, ...fields } = message;
    if (error || merchant.sign(fields) !== sign) reject(error ?? new Error('wrong signature'));
    else resolve(fields);
  }));
  same(merchant.sign(params), order.md5);
  return [
    { name: 'weixin-pay\tsign_md5', make: () => merchant.sign(params) },
    { name: 'weixin-pay\tsigned_xml_md5', make: () => buildXML({ ...params, sign: merchant.sign(params) }) },
    { name: 'weixin-pay\tverify_md5', make: verify, isAsync: true },
  ];
}
