declare module "wxpay-wasm" {
  export function explain(text: string, options?: unknown): unknown;
}
