/** How to do it right, in the programming language that the person reads. */

import { h, redraw } from "../../shared/h";
import { FIX_LANGUAGES, type Fixes, type FixLanguage } from "../engine/report";
import { text } from "../text";

const NAMES: Readonly<Record<FixLanguage, string>> = {
  java: "Java", go: "Go", node: "Node.js", php: "PHP", python: "Python", rust: "Rust",
};
const STORED = "wxpay.fixLanguage";

let chosen = stored();

export function fixView(fixes: Fixes | undefined): HTMLElement | false {
  const available = FIX_LANGUAGES.filter((language) => fixes?.[language]);
  if (fixes === undefined || available.length === 0) return false;
  const host = h("div", { class: "fix" });
  const draw = () => {
    const t = text().verdict;
    const shown = available.find((language) => language === chosen) ?? available[0];
    redraw(host,
      h("div", { class: "fix-head" },
        h("h4", {}, t.fix),
        h("div", { class: "segments", role: "group", "aria-label": t.fixLanguage }, available.map((language) => h("button", {
          type: "button", class: "segment", "data-testid": `fix-${language}`, "aria-pressed": language === shown,
          onclick: () => {
            choose(language);
            draw();
          },
        }, NAMES[language])))),
      h("pre", { class: "code", "data-testid": "fix-code", tabindex: 0 }, h("code", {}, shown && fixes[shown])));
  };
  draw();
  return host;
}

function choose(language: FixLanguage): void {
  chosen = language;
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // Storage is switched off: the choice lasts until the page closes.
  }
}

function stored(): FixLanguage {
  try {
    const value = localStorage.getItem(STORED);
    return FIX_LANGUAGES.find((language) => language === value) ?? "java";
  } catch {
    return "java";
  }
}
