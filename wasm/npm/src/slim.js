// Without the modules: the caller gives them, as bytes, as a WebAssembly.Module or as a Response.
import { compiled, Engine, makeCalls, makeExplain, WxPayError } from './common.js';

const engines = {
  calls: new Engine(() => notReady('init')),
  explain: new Engine(() => notReady('initExplain')),
};

export const { sign, verify, verifyXml, stringToSign, invoke, parseXml, buildXml, decryptRefundNotice } = makeCalls(engines.calls);
export const explain = makeExplain(engines.explain);
export const init = (source) => start(engines.calls, source);
export const initExplain = (source) => start(engines.explain, source);
export { WxPayError };

async function start(engine, given) {
  const source = await given;
  if (source instanceof WebAssembly.Module) return engine.use(source);
  const bytes = await bytesOf(source);
  return engine.use(await compiled(() => WebAssembly.compile(bytes)));
}

async function bytesOf(source) {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return source;
  if (source && typeof source.arrayBuffer === 'function') {
    if (source.ok) return source.arrayBuffer();
    throw new WxPayError('not_compiled', `source: the server answered ${source.status}`, 'source');
  }
  throw new WxPayError('bad_option', 'source: expected bytes, a WebAssembly.Module or a Response', 'source');
}

function notReady(name) {
  throw new WxPayError('not_ready', `await ${name}(…) first, with the bytes of the .wasm file`);
}
