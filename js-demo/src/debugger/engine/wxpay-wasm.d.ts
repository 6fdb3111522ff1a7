declare module "wxpay-wasm/explain" {
  export function explain(text: string, options?: unknown): unknown;
}
