// Experimental: for tools that run inside a mini program, where WXWebAssembly takes a path in the program's package.
// A mini program must never hold the API key: on a phone anyone can read it.
import { Engine, makeCalls, makeExplain, WxPayError } from './common.js';
import { Utf8Decoder, Utf8Encoder } from './utf8.js';

const engine = (init) => new Engine(() => notReady(init), new Utf8Encoder(), new Utf8Decoder());
const engines = { calls: engine('init'), explain: engine('initExplain') };

export const { sign, verify, verifyXml, stringToSign, invoke, parseXml, buildXml, decryptRefundNotice } = makeCalls(engines.calls);
export const explain = makeExplain(engines.explain);
export const init = (path) => start(engines.calls, path);
export const initExplain = (path) => start(engines.explain, path);
export { WxPayError };

async function start(engine, path) {
  engine.start((await WXWebAssembly.instantiate(path, {})).instance.exports);
}

function notReady(name) {
  throw new WxPayError('not_ready', `await ${name}('/path/to/the.wasm') first, and again after an error "internal"`);
}
