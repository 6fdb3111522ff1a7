// Wrong types, each refused where it stands: an `expect-error` without an error is itself an error.
import { explain, invoke, parseXml, sign, verify, WxPayError } from 'wxpay-wasm';
import { explain as now } from 'wxpay-wasm/explain';

// @ts-expect-error a boolean is no value
sign({ a: true }, 'key', 'MD5');
// @ts-expect-error null is no value
sign({ a: null }, 'key', 'MD5');
// @ts-expect-error an object is no value
sign({ a: {} }, 'key', 'MD5');
// @ts-expect-error the sign type is one of two words
sign({ a: 1 }, 'key', 'md5');
// @ts-expect-error the sign type must be given
verify({ a: 1 }, 'key');
// @ts-expect-error the key is a string
verify({ a: 1 }, new Uint8Array(32), 'MD5');
// @ts-expect-error a message is text or bytes
parseXml({});
// @ts-expect-error an app's arguments need mch_id
invoke('app', { appid: 'a', nonce_str: 'n', time_stamp: 1, sign_type: 'MD5', prepay_id: 'p' }, 'key');
// @ts-expect-error there is no such kind
invoke('h5', {}, 'key');
// @ts-expect-error there is no such scene
now('a=1', { scene: 'refund' });
// @ts-expect-error from the default entry it is a promise
explain('a=1').verdict;
// @ts-expect-error a report is read only
now('a=1').verdict = 'match';
// @ts-expect-error nobody but the package makes these
new WxPayError('internal', 'message');

const report = now('a=1');
// @ts-expect-error there is no such verdict
if (report.verdict === 'wrong') throw new Error();
