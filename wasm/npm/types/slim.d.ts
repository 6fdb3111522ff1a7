export { buildXml, decryptRefundNotice, invoke, parseXml, sign, stringToSign, verify, verifyXml, WxPayError } from './index.js';
export type * from './index.js';
export { explain } from './explain.js';

/** `WebAssembly.Module`, where the platform's types know it. */
export type CompiledModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer M } } } ? M : never;

/** The part of `Response` that is used. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Bytes, a compiled module, or what `fetch` answers. */
export type Source = ArrayBuffer | ArrayBufferView | CompiledModule | ResponseLike;

/** Takes `wxpay-wasm/wxpay.wasm`; all functions but `explain` work from then on. */
export declare function init(source: Source | PromiseLike<Source>): Promise<void>;

/** Takes `wxpay-wasm/explain.wasm`; `explain` works from then on. */
export declare function initExplain(source: Source | PromiseLike<Source>): Promise<void>;
