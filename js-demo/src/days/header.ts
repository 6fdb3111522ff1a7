import { h, redraw, type Child } from "../shared/h";
import { icon } from "../shared/icons";
import { chooseLanguage, chooseTheme, currentLanguage, shownTheme } from "../shared/preferences";
import { text } from "./text";

export interface Header {
  readonly element: HTMLElement;
  /** `onLock` is there while there is something to lock. */
  redraw(onLock: (() => void) | null): void;
}

export function createHeader(): Header {
  const element = h("header", { class: "top" });
  return {
    element,
    redraw(onLock) {
      const t = text();
      const otherTheme = shownTheme() === "dark" ? "light" : "dark";
      const otherLanguage = currentLanguage() === "en" ? "zh-CN" : "en";
      redraw(element,
        h("span", { class: "logo", "aria-hidden": "true" }, icon("bars", 22)),
        h("div", { class: "top-words" }, h("h1", {}, t.title), h("p", {}, t.tagline)),
        h("nav", { class: "top-buttons" },
          onLock !== null && button("lock", t.lockLabel, onLock, [icon("lock", 18), h("span", { class: "wide-only" }, t.lock)]),
          button("lang", t.languageLabel, () => chooseLanguage(otherLanguage), t.languageButton),
          button("theme", t.themeLabel[otherTheme], () => chooseTheme(otherTheme), icon(otherTheme === "dark" ? "moon" : "sun", 18))));
    },
  };
}

function button(testId: string, label: string, onclick: () => void, face: Child): HTMLElement {
  return h("button", { class: "top-button", type: "button", "data-testid": testId, "aria-label": label, title: label, onclick }, face);
}
