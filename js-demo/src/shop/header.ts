import { h, redraw, type Child } from "../shared/h";
import { icon } from "../shared/icons";
import { chooseLanguage, chooseTheme, currentLanguage, shownTheme } from "../shared/preferences";
import { text } from "./text";

export interface Header {
  readonly element: HTMLElement;
  redraw(): void;
  showDebugger(isThere: boolean): void;
}

export function createHeader(): Header {
  const element = h("header", { class: "top" });
  let hasDebugger = false;
  const draw = () => {
    const t = text();
    const otherTheme = shownTheme() === "dark" ? "light" : "dark";
    const otherLanguage = currentLanguage() === "en" ? "zh-CN" : "en";
    redraw(element,
      h("span", { class: "logo", "aria-hidden": "true" }, icon("check", 20)),
      h("div", { class: "top-words" }, h("h1", {}, t.title), h("p", {}, t.tagline)),
      h("nav", { class: "top-buttons" },
        hasDebugger && h("a", { class: "top-button wide-only", href: "/debug" }, icon("signature", 18), t.debuggerLink),
        button("lang", t.languageLabel, () => chooseLanguage(otherLanguage), t.languageButton),
        button("theme", t.themeLabel[otherTheme], () => chooseTheme(otherTheme), icon(otherTheme === "dark" ? "moon" : "sun", 18))));
  };
  return {
    element,
    redraw: draw,
    showDebugger(isThere) {
      hasDebugger = isThere;
      draw();
    },
  };
}

function button(testId: string, label: string, onclick: () => void, face: Child): HTMLElement {
  return h("button", { class: "top-button", type: "button", "data-testid": testId, "aria-label": label, onclick }, face);
}

/** Is the signature debugger served here too? */
export async function probeDebugger(): Promise<boolean> {
  try {
    return (await fetch("/debug", { method: "HEAD" })).ok;
  } catch {
    return false;
  }
}
