/** What was looked for: how much, in which groups, and why it ended. */

import { h, redraw } from "../../shared/h";
import { icon } from "../../shared/icons";
import type { Reading } from "../examine";
import { number, text } from "../text";

export interface TriedPanel {
  readonly element: HTMLElement;
  redraw(reading: Reading): void;
}

export function createTriedPanel(): TriedPanel {
  const element = h("details", { class: "panel tried", "data-testid": "tried" });
  return {
    element,
    redraw({ report: { tried, verdict } }) {
      const t = text().tried;
      element.hidden = verdict === "malformed" || tried.stopped === "not_needed";
      redraw(element,
        h("summary", {}, icon("chevron", 14), h("b", {}, t.heading), h("span", { class: "quiet" },
          `${t.counts(number(tried.singles), number(tried.pairs))} ${t.stopped[tried.stopped]}`)),
        lookedFor());
    },
  };
}

/** The groups of mistakes that are known. */
export function lookedFor(): HTMLElement {
  return h("dl", { class: "looked-for" }, text().tried.groups.map(([name, mistakes]) => h("div", {}, h("dt", {}, name), h("dd", {}, mistakes))));
}
