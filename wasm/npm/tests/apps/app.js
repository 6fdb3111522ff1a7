// The app that every bundler builds: what a user writes.
import { explain as later, sign, verify, WxPayError } from 'wxpay-wasm';
import { explain } from 'wxpay-wasm/explain';

const key = 'npm0tests0key0of0nobody000000001';
const params = { mch_id: '1900000001', body: '茶', total_fee: 100 };
const right = sign(params, key, 'MD5');
const wrong = { key, sign: right.toLowerCase() };
const text = JSON.stringify(params);

async function run() {
  let code;
  try {
    sign({ total_fee: 0.1 }, key, 'MD5');
  } catch (error) {
    if (error instanceof WxPayError) code = `${error.code} ${error.field}`;
  }
  return [right, verify({ ...params, sign: right }, key, 'MD5'), code, explain(text, wrong).causes[0].id, (await later(text, wrong)).causes[0].id];
}

run().then((result) => console.log(JSON.stringify(result)));
