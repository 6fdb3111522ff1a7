// The npm package of this repository, as `cargo xtask wasm` builds it.
import { fileURLToPath } from "node:url";

export const ALIASES = {
  "wxpay-wasm/explain": fileURLToPath(new URL("../../wasm/npm/dist/explain.js", import.meta.url)),
};
