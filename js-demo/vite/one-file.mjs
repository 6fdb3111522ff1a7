// A Vite plugin: put the script and the style of a page inside its HTML, and allow nothing else by a hash policy.
import { createHash } from "node:crypto";

const SCRIPT = /[ \t]*<script type="module"[^>]*\ssrc="\.\/([^"]+)"[^>]*><\/script>\n?/;
const STYLE = /[ \t]*<link rel="stylesheet"[^>]*\shref="\.\/([^"]+)"[^>]*>\n?/;

/**
 * @param {{ name: string, csp?: Record<string, string>, policyFile?: boolean }} page directives added to the page's Content-Security-Policy;
 *   a `script-src` or `style-src` given here is put after the hash.
 * @returns {import("vite").Plugin}
 */
export function oneFile({ name, csp = {}, policyFile = false }) {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const file = `${name}.html`;
      const html = bundle[file];
      if (html?.type !== "asset") this.error(`${file} is not in the bundle`);
      const script = inside(take(bundle, SCRIPT.exec(html.source)), "script");
      const style = inside(take(bundle, STYLE.exec(html.source)), "style");
      const content = policy(script, style, csp);
      html.source = html.source
        .replace(SCRIPT, "")
        .replace(STYLE, "")
        .replace("<meta charset=\"utf-8\">", (meta) => `${meta}\n    <meta http-equiv="Content-Security-Policy" content="${content}">`)
        .replace("</head>", () => `<style>${style}</style>\n<script type="module">${script}</script>\n</head>`);
      if (policyFile) this.emitFile({ type: "asset", fileName: `${name}.csp`, source: content });
      const rest = Object.keys(bundle).filter((key) => key !== file && key !== `${name}.csp`);
      if (rest.length > 0) this.error(`${file} would need more files: ${rest.join(", ")}`);
    },
  };
}

/** Removes a file that the HTML refers to from the bundle and gives its text. */
function take(bundle, found) {
  const path = found?.[1];
  const part = path === undefined ? undefined : bundle[path];
  if (part === undefined) throw new Error("the page has no script or no style to put inside");
  delete bundle[path];
  return String(part.type === "chunk" ? part.code : part.source).trim();
}

/** Text that cannot end its element early, and that the HTML parser leaves as it is: otherwise the hash would not fit. */
function inside(text, element) {
  if (/[\0\r]/.test(text)) throw new Error(`the ${element} contains NUL or CR, which HTML turns into something else`);
  if (new RegExp(`</${element}|<!--`, "i").test(text)) throw new Error(`the ${element} contains a tag that would end it early`);
  return text;
}

function policy(script, style, csp) {
  const directives = {
    "default-src": "'none'",
    ...csp,
    "script-src": [hash(script), csp["script-src"]].filter(Boolean).join(" "),
    "style-src": [hash(style), csp["style-src"]].filter(Boolean).join(" "),
    "base-uri": "'none'",
    "form-action": "'none'",
  };
  return Object.entries(directives).map(([directive, value]) => `${directive} ${value}`).join("; ");
}

function hash(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
