// What a user of ES modules writes.
import { buildXml, explain, invoke, parseXml, sign, stringToSign, verify, WxPayError } from 'wxpay-wasm';
import type { AppCall, Fields, MiniProgramCall, Report, WxPayErrorCode } from 'wxpay-wasm';
import { explain as now } from 'wxpay-wasm/explain';
import { init, sign as slimSign } from 'wxpay-wasm/slim';
import { init as initPhone } from 'wxpay-wasm/miniprogram';

const params = { appid: 'wx1', total_fee: 1 } as const;
const signature: string = sign(params, 'key', 'MD5');
const right: boolean = verify({ ...params, sign: signature }, 'key', 'HMAC-SHA256');
const text: string = stringToSign(params) + buildXml(params);
const fields: Fields = parseXml(new Uint8Array());
const base = { appid: 'a', nonce_str: 'n', time_stamp: 1, sign_type: 'MD5' } as const;
const call: MiniProgramCall = invoke('mini_program', { ...base, prepay_id: 'p' }, 'key');
const app: AppCall = invoke('app', { ...base, mch_id: 'm', prepay_id: 'p' }, 'key');
const link: `weixin://${string}` = invoke('native', { ...base, mch_id: 'm', product_id: 'p' }, 'key');
const report: Report = now(text, { key: 'key', candidates: [{ kind: 'old', key: 'k' }] });
const later: Promise<Report> = explain(text);
const name: string | undefined = report.causes[0]?.fixes?.node;
const started: Promise<void>[] = [init(new Uint8Array()), init(new ArrayBuffer(0)), initPhone('/wxpay.wasm')];

try {
  slimSign(params, 'key', 'MD5');
} catch (error) {
  if (error instanceof WxPayError) {
    const code: WxPayErrorCode = error.code;
    if (code === 'key_length') throw new Error(error.field);
  }
}

export { app, call, fields, later, link, name, right, started };
