// What a user of CommonJS writes.
import wxpay = require('wxpay-wasm');
import debuggerEntry = require('wxpay-wasm/explain');
import slim = require('wxpay-wasm/slim');

const signature: string = wxpay.sign({ total_fee: 1 }, 'key', 'MD5');
const report: wxpay.Report = debuggerEntry.explain(signature);
const verdict: 'match' | 'mismatch' | 'unsigned' | 'malformed' | 'no_key' = report.verdict;
const started: Promise<void> = slim.init(Promise.resolve(new Uint8Array()));
const isOurs = (error: unknown): error is wxpay.WxPayError => error instanceof wxpay.WxPayError;

export = { isOurs, started, verdict };
