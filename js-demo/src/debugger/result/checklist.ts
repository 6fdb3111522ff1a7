/** Nothing was proved: the questions that lead on, as WeChat's support asks them. */

import { h, redraw } from "../../shared/h";
import type { Report } from "../engine/report";
import { say, text } from "../text";

const ANSWERS = ["every", "some", "here"] as const;

export interface ChecklistChoice {
  chosen: (typeof ANSWERS)[number] | undefined;
}

export function checklist({ advice }: Report, choice: ChecklistChoice): HTMLElement {
  const host = h("div", { class: "checklist" });
  const draw = () => {
    const t = text().checklist;
    redraw(host,
      h("h3", { id: "checklist-heading" }, t.heading),
      h("div", { class: "answers", role: "group", "aria-labelledby": "checklist-heading" }, ANSWERS.map((answer) => h("button", {
        type: "button", class: "answer", "data-testid": `answer-${answer}`, "aria-pressed": choice.chosen === answer,
        onclick: () => {
          choice.chosen = choice.chosen === answer ? undefined : answer;
          draw();
        },
      }, t.options[answer]))),
      h("div", { role: "status" }, choice.chosen !== undefined && h("ul", { class: "answer-advice" }, t[choice.chosen].map((line) => h("li", {}, line)))),
      h("h3", {}, t.ranked),
      h("ol", { class: "ranked" }, advice.map((row) => h("li", {}, h("b", {}, say(row.title)), row.advice && h("span", {}, say(row.advice))))));
  };
  draw();
  return host;
}
