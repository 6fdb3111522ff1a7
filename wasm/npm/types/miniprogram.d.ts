export { buildXml, decryptRefundNotice, invoke, parseXml, sign, stringToSign, verify, verifyXml, WxPayError } from './index.js';
export type * from './index.js';
export { explain } from './explain.js';

/**
 * Takes the path of `wxpay.wasm` in the mini program's package, from its root.
 * @experimental For tools only: a mini program must never hold the API key.
 */
export declare function init(path: string): Promise<void>;

/**
 * Takes the path of `explain.wasm` in the mini program's package, from its root.
 * @experimental For tools only: a mini program must never hold the API key.
 */
export declare function initExplain(path: string): Promise<void>;
