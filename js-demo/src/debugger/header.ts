import { h, redraw, type Child } from "../shared/h";
import { icon } from "../shared/icons";
import { chooseLanguage, chooseTheme, chosenTheme, currentLanguage, type Theme } from "../shared/preferences";
import type { OfflineBadge } from "./offline";
import { savePage } from "./save";
import { text } from "./text";

export interface Header {
  readonly element: HTMLElement;
  redraw(): void;
}

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

export function createHeader(badge: OfflineBadge): Header {
  const element = h("header", { class: "top" });
  return {
    element,
    redraw() {
      const t = text();
      const theme = chosenTheme();
      const otherLanguage = currentLanguage() === "en" ? "zh-CN" : "en";
      redraw(element,
        h("span", { class: "logo", "aria-hidden": "true" }, icon("signature", 22)),
        h("div", { class: "top-words" }, h("h1", {}, t.title), h("p", {}, t.tagline)),
        h("nav", { class: "top-buttons" },
          badge.button,
          button("save", t.savePageLabel, savePage, [icon("down", 17), h("span", { class: "wide-only" }, t.savePage)]),
          button("lang", t.languageLabel, () => chooseLanguage(otherLanguage), t.languageButton),
          button("theme", t.theme[theme], () => chooseTheme(NEXT[theme]), icon(theme === "system" ? "auto" : theme === "dark" ? "moon" : "sun", 18))));
    },
  };
}

function button(testId: string, label: string, onclick: () => void, face: Child): HTMLElement {
  return h("button", { class: "top-button", type: "button", "data-testid": testId, "aria-label": label, title: label, onclick }, face);
}
