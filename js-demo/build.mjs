// Builds every page into one self-contained file: dist/<page>.html.
import { build } from "vite";
import { ALIASES } from "./vite/aliases.mjs";
import { oneFile } from "./vite/one-file.mjs";

/**
 * A page is `<name>.html` beside this file; `csp` adds to the policy that allows only the page's own script and style.
 * With `policyFile`, the policy is also written to dist/<page>.csp, for the server to send as a header.
 */
const PAGES = [
  {
    name: "shop",
    csp: {
      "connect-src": "'self' http://127.0.0.1:* http://localhost:*",
      "img-src": "data:",
    },
  },
  {
    name: "debugger",
    csp: {
      "script-src": "'wasm-unsafe-eval'",
      "img-src": "data:",
      "connect-src": "'none'",
      "require-trusted-types-for": "'script'",
    },
    policyFile: true,
  },
  {
    name: "days",
    csp: {
      "img-src": "data:",
      "connect-src": "'self'",
      "require-trusted-types-for": "'script'",
    },
    policyFile: true,
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !PAGES.some((page) => page.name === name));
if (unknown.length > 0) {
  console.error(`no such page: ${unknown.join(", ")}; pages: ${PAGES.map((page) => page.name).join(", ")}`);
  process.exit(2);
}

for (const page of PAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  await build({
    configFile: false,
    root: import.meta.dirname,
    base: "./",
    logLevel: "warn",
    plugins: [oneFile(page)],
    resolve: { alias: ALIASES },
    build: {
      target: "es2022",
      outDir: "dist",
      emptyOutDir: false,
      cssTarget: ["chrome123", "firefox120", "safari17.5"],
      cssCodeSplit: false,
      modulePreload: false,
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      rolldownOptions: { input: `${page.name}.html`, output: { codeSplitting: false } },
    },
  });
}
