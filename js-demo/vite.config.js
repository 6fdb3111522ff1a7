import { defineConfig } from "vite";
import { ALIASES } from "./vite/aliases.mjs";

// `npm run dev`: the pages with live reload, in front of a running `wxpay demo`. The build does not use this file.
export default defineConfig({
  resolve: { alias: ALIASES },
  server: {
    open: "/shop.html",
    proxy: Object.fromEntries(["/v1", "/demo", "^/debug$"].map((path) => [path, "http://127.0.0.1:8086"])),
  },
});
