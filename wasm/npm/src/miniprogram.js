// Experimental: for tools that run inside a mini program, where WXWebAssembly takes a path in the program's package.
// A mini program must never hold the API key: on a phone anyone can read it.
import { Engine, makeCalls, makeExplain, WxPayError } from './common.js';
import { createGlue as createCallsGlue } from '#calls-glue';
import { createGlue as createExplainGlue } from '#explain-glue';
import { Utf8Decoder, Utf8Encoder } from './utf8.js';

const encode = (text) => new Utf8Encoder().encode(text);
const engines = {
  calls: new Engine(createCallsGlue, () => notReady('init'), encode),
  explain: new Engine(createExplainGlue, () => notReady('initExplain'), encode),
};

export const { sign, verify, stringToSign, invoke, parseXml, buildXml, decryptRefundNotice } = makeCalls(engines.calls);
export const explain = makeExplain(engines.explain);
export const init = (path) => start(engines.calls, path);
export const initExplain = (path) => start(engines.explain, path);
export { WxPayError };

/** The glue expects WebAssembly.Instance at once; WXWebAssembly gives an instance later. So it is asked twice. */
async function start(engine, path) {
  let imports;
  let instance;
  class Instance {
    constructor(module, given) {
      if (instance) return instance;
      imports = given;
      throw module;
    }
  }
  const glue = engine.createGlue({ Module: Object, Instance }, Utf8Encoder, Utf8Decoder);
  const module = {};
  try {
    glue.initSync({ module });
  } catch (error) {
    if (error !== module) throw error;
  }
  ({ instance } = await WXWebAssembly.instantiate(path, imports));
  glue.initSync({ module });
  engine.glue = glue;
}

function notReady(name) {
  throw new WxPayError('not_ready', `await ${name}('/path/to/the.wasm') first, and again after an error "internal"`);
}
