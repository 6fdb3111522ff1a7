// The debugger, with its module inside.
import { Engine, makeExplain, WxPayError } from './common.js';
import { base64, size } from '#explain-packed';
import { unpack } from './unpack.js';

const engine = new Engine(() => unpack(base64, size));

export const explain = makeExplain(engine);
export const ready = () => engine.ready();
export { WxPayError };
