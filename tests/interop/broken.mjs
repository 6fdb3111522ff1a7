// Ten broken messages, and what each tool says of them. Prints the table of the README.
// Needs what `cargo xtask test` installs, and the built binary: WXPAY_BIN=target/debug/wxpay node tests/interop/broken.mjs
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const Tenpay = require('tenpay');
const { Transformer } = require('wechatpay-axios-plugin');
const root = new URL('../../', import.meta.url).pathname;
const { key, params, variants } = JSON.parse(readFileSync(`${root}core/tests/vectors/mistakes.json`));
const TEN = ['lower-case hex', 'no key at all', 'key with trailing LF', 'insertion (unsorted) order',
  'empty device_info= kept', 'values form-encoded (+)', '&trade_type shown as ™_type', 'GBK bytes', 'total_fee as 88.0',
  'appId instead of appid'];
const PYTHON = `
import sys
from wechatpy.pay import WeChatPay
try:
    WeChatPay('wx', sys.argv[1], '1').parse_payment_result(sys.stdin.read())
    print('accepts it')
except Exception as error:
    print(type(error).__name__, error)
`;

const chosen = TEN.map((wanted) => variants.find(({ what }) => what === wanted));

const rows = [];
for (const { what, sign } of chosen) {
  const fields = params.concat([['sign', sign]]);
  const xml = `<xml>${fields.map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`).join('')}</xml>`;
  rows.push([what, await tenpay(xml), axiosPlugin(xml), wechatpy(xml), ours(xml)]);
}
console.log('| broken message | tenpay | wechatpay-axios-plugin | wechatpy | wxpay |\n|---|---|---|---|---|');
for (const row of rows) console.log(`| ${row.join(' | ')} |`);

async function tenpay(xml) {
  const api = new Tenpay({ appid: 'wxd678efh567hg6787', mchid: '1230000109', partnerKey: key });
  try {
    await api._parse(answered(xml), 'orderquery', 'MD5');
    return 'accepts it';
  } catch (error) {
    return error.message;
  }
}

// Both look at a signature only after these.
function answered(xml) {
  return xml.replace('<xml>', '<xml><return_code>SUCCESS</return_code><result_code>SUCCESS</result_code>');
}

function axiosPlugin(xml) {
  const call = { url: '/pay/orderquery' };
  const result = new Transformer('1230000109', key).verifier.call(call, Transformer.toObject.call(call, answered(xml)));
  return result instanceof Error ? masked(result.message) : 'accepts it';
}

function wechatpy(xml) {
  return execFileSync(`${root}target/interop/venv/bin/python`, ['-c', PYTHON, key], { input: xml, encoding: 'utf8' }).trim();
}

function ours(xml) {
  const { stdout } = spawnSync(process.env.WXPAY_BIN, ['explain', '--json'], {
    input: xml, encoding: 'utf8', env: { WXPAY_API_KEY: key },
  });
  const [cause] = JSON.parse(stdout).causes;
  if (!cause) return 'finds nothing';
  return `${cause.id}: ${cause.title?.en ?? cause.code}${cause.proved ? ', proved' : ''}`;
}

// The plugin's message prints the right signature.
function masked(message) {
  return message.replace(/[0-9A-F]{32,64}/g, (hex) => `${hex.slice(0, 4)}…`);
}
