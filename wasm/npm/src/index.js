// The default entry: the module is inside and starts with the first call. The debugger is loaded when it is asked for.
import { Engine, makeCalls, WxPayError } from './common.js';
import { base64, size } from '#calls-packed';
import { unpack } from './unpack.js';

const engine = new Engine(() => unpack(base64, size));

export const { sign, verify, verifyXml, stringToSign, invoke, parseXml, buildXml, decryptRefundNotice } = makeCalls(engine);
export const ready = () => engine.ready();
export const explain = async (text, options) => (await import('./explain.js')).explain(text, options);
export { WxPayError };
