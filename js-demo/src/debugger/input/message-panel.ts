/** The message, and the second text beside it. */

import { h, redraw, type Child } from "../../shared/h";
import { icon } from "../../shared/icons";
import type { BoxName, Outcome } from "../examine";
import { EXAMPLES, type Example } from "../examples";
import { FORMATS, type Format } from "../engine/report";
import { invisibleInMessage } from "../invisible";
import { byteLength } from "../bytes";
import { number, text } from "../text";
import { createMenu } from "./menu";
import { createTextBox, type TextBox } from "./text-box";

export interface MessagePanel {
  readonly element: HTMLElement;
  readonly boxes: Readonly<Record<BoxName, TextBox>>;
  format(): Format | undefined;
  chooseFormat(format: Format | undefined): void;
  showSecond(isShown: boolean): void;
  redraw(): void;
  showOutcome(outcome: Outcome): void;
}

export interface MessageActions {
  changed(): void;
  example(example: Example): void;
  clear(): void;
  share(): void;
}

export function createMessagePanel(actions: MessageActions): MessagePanel {
  const boxes = { message: createTextBox("message", actions.changed), other: createTextBox("other", actions.changed) };
  const examples = createMenu("examples");
  const format = h("select", { "data-testid": "format", class: "select" });
  format.addEventListener("change", actions.changed);
  const heading = h("h2", { id: "message-heading" });
  const clear = h("button", { type: "button", class: "small-button", "data-testid": "clear", onclick: actions.clear });
  const share = h("button", { type: "button", class: "small-button", "data-testid": "share", onclick: actions.share });
  const foot = h("div", { class: "message-foot" });
  const notes = h("div", { class: "message-notes" });
  const secondButton = h("button", { type: "button", class: "text-button", "data-testid": "second" });
  const second = h("div", { class: "second", hidden: true });
  let outcome: Outcome = { kind: "empty" };

  const showSecond = (isShown: boolean) => {
    second.hidden = !isShown;
    if (!isShown) boxes.other.set("");
    drawSecondButton();
  };
  const drawSecondButton = () => {
    const t = text().message;
    secondButton.replaceChildren(icon(second.hidden ? "plus" : "cross", 15), second.hidden ? t.addSecond : t.removeSecond);
  };
  secondButton.addEventListener("click", () => {
    showSecond(second.hidden !== false);
    if (second.hidden) actions.changed();
    else boxes.other.area.focus();
  });

  const drawOutcome = () => {
    const t = text().message;
    const report = outcome.kind === "read" ? outcome.readings.find(({ box }) => box === "message")?.report : undefined;
    const found = report?.format ?? undefined;
    const chosen = format.value;
    format.replaceChildren(
      h("option", { value: "" }, found && chosen === "" ? t.detected(t.formats[found]) : t.auto),
      ...FORMATS.map((one) => h("option", { value: one }, t.formats[one])));
    format.value = chosen;
    const bytes = number(byteLength(boxes.message.value()));
    redraw(foot,
      boxes.message.value() !== "" && h("span", {}, report ? t.size(bytes, number(report.fields.length)) : t.bytes(bytes)),
      h("span", { class: "grow" }),
      secondButton);
    redraw(notes, notesOf(outcome, boxes.message.value(), (next) => {
      format.value = next;
      actions.changed();
    }));
    clear.disabled = boxes.message.value() === "";
    // A key that was pasted along can be taken out only of a text that could be read.
    share.disabled = outcome.kind !== "read" || outcome.readings.some((reading) => reading.report.verdict === "malformed");
  };

  const element = h("section", { class: "panel message-panel", "aria-labelledby": "message-heading" },
    h("div", { class: "panel-title" }, heading,
      h("div", { class: "title-buttons" }, examples.element, format, share, clear)),
    h("div", { class: "message-body" }, boxes.message.element, second, notes, foot));
  const secondHint = h("p", { class: "quiet", id: "other-hint" });
  second.append(secondHint, boxes.other.element);
  boxes.other.area.setAttribute("aria-describedby", "other-hint");

  return {
    element,
    boxes,
    format: () => FORMATS.find((one) => one === format.value),
    chooseFormat(next) {
      format.value = next ?? "";
    },
    showSecond,
    redraw() {
      const t = text().message;
      heading.replaceChildren(h("span", { class: "step", "aria-hidden": "true" }, "1"), t.heading);
      boxes.message.area.setAttribute("aria-label", t.label);
      boxes.message.area.placeholder = t.placeholder;
      boxes.other.area.setAttribute("aria-label", t.secondLabel);
      boxes.other.area.placeholder = t.secondPlaceholder;
      secondHint.textContent = t.secondHint;
      format.setAttribute("aria-label", t.format);
      clear.replaceChildren(t.clear);
      share.replaceChildren(icon("open", 15), t.share);
      examples.redraw([icon("flask", 15), t.examples, icon("chevron", 13)], exampleList((example) => {
        examples.close();
        actions.example(example);
      }));
      drawSecondButton();
      drawOutcome();
    },
    showOutcome(next) {
      outcome = next;
      drawOutcome();
    },
  };
}

function notesOf(outcome: Outcome, message: string, readAs: (format: Format) => void): Child[] {
  const t = text().message;
  if (outcome.kind !== "read") return [];
  const own = outcome.readings.filter(({ box }) => box === "message");
  const report = own[0]?.report;
  const other = report?.other_format ?? undefined;
  const odd = new Map<string, number>();
  for (const { code, short } of invisibleInMessage(message)) {
    const name = code === short ? code : `${code} ${short}`;
    odd.set(name, (odd.get(name) ?? 0) + 1);
  }
  return [
    own.length > 1 && h("p", { class: "note", "data-testid": "two-messages" }, icon("double", 15), h("span", {}, t.two)),
    report?.wrapping && h("p", { class: "note", "data-testid": "unwrapped" }, icon("info", 15), h("span", {}, t.unwrapped[report.wrapping])),
    other && report?.format && h("p", { class: "note", "data-testid": "ambiguous" }, icon("busy", 15),
      h("span", {}, t.ambiguous(t.formats[report.format], t.formats[other])),
      h("button", { type: "button", class: "text-button", "data-testid": "read-as", onclick: () => readAs(other) }, t.readAs(t.formats[other]))),
    odd.size > 0 && h("p", { class: "note", "data-testid": "invisible" }, icon("eye", 15), h("span", {}, t.invisible),
      [...odd].map(([name, count]) => h("code", { class: "odd" }, count > 1 ? `${name} ×${number(count)}` : name))),
  ];
}

/** The examples in their groups. */
export function exampleList(choose: (example: Example) => void): Child[] {
  const t = text().examples;
  const groups = Object.entries(t.groups).map(([group, title]) => h("section", { class: "menu-group" },
    h("h3", {}, title),
    h("ul", {}, EXAMPLES.filter((example) => example.group === group).map((example) => h("li", {}, exampleButton(example, choose))))));
  return [h("div", { class: "menu-groups" }, groups), h("p", { class: "menu-hint" }, t.hint)];
}

export function exampleButton(example: Example, choose: (example: Example) => void, testId = "example"): HTMLElement {
  const [title, hint] = text().examples.items[example.id];
  const attributes = { type: "button", class: "example", "data-testid": `${testId}-${example.id}`, onclick: () => choose(example) };
  return h("button", attributes, h("b", {}, title), h("span", {}, hint));
}
