// The npm package of this repository, as `cargo xtask wasm` builds it.
import { fileURLToPath } from "node:url";

export const ALIASES = {
  "wxpay-wasm/explain": fileURLToPath(new URL(process.env.WXPAY_WASM ?? "../../wasm/npm/dist/explain.js", import.meta.url)),
};
