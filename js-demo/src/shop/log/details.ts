/** A message opened: its fields with their part in the signature, and its text. */

import { h, type Child } from "../../shared/h";
import { icon } from "../../shared/icons";
import { text } from "../text";
import { coloured } from "./coloured";
import type { LogMessage } from "./message";
import { read, type Field, type Reading } from "./reading";

export function details(message: LogMessage, hasDebugger: boolean): HTMLElement {
  const reading = read(message.body);
  return h("div", { class: "row-details", "data-testid": "log-details" },
    h("div", { class: "details-bar" },
      h("code", { class: "details-url" }, `${message.method} ${message.url}`),
      message.body !== "" && h("span", { class: "details-buttons" }, copyButton(message), hasDebugger && debuggerLink(message))),
    headers(message),
    message.note !== "" && h("p", { class: "details-header" }, h("span", { class: "quiet" }, text().log.note), message.note),
    h("div", { class: reading.fields.length > 0 ? "details-two" : "details-one" },
      reading.fields.length > 0 && fieldTable(reading),
      original(reading)));
}

function fieldTable({ fields, signature }: Reading): HTMLElement {
  const t = text().log;
  const signed = fields.filter(({ part }) => part === "signed").length;
  return h("div", { class: "details-part" },
    h("h3", {}, t.fields),
    h("p", { class: "quiet" }, signature === undefined ? t.unsignedNote : t.signedNote(signed)),
    h("table", {},
      h("thead", { class: "visually-hidden" }, h("tr", {}, [t.name, t.value].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, fields.map((field) => fieldRow(field)))));
}

function fieldRow({ name, value, part }: Field): HTMLElement {
  const t = text().log;
  const mark = part === "signed" ? icon("check", 14) : part === "signature" ? icon("signature", 14) : "–";
  return h("tr", { "data-part": part },
    h("th", { scope: "row" },
      h("span", { class: "part-mark", title: t.part[part] }, mark, h("span", { class: "visually-hidden" }, t.part[part])),
      name),
    h("td", {}, value === "" ? h("i", { class: "quiet" }, t.part.empty) : value));
}

function original(reading: Reading): HTMLElement {
  const t = text().log;
  const body: Child = reading.kind === "nothing"
    ? h("p", { class: "quiet" }, t.nothing)
    : h("pre", {}, h("code", {}, coloured(reading)));
  return h("div", { class: "details-part" }, h("h3", {}, t.original[reading.kind]), body);
}

function headers({ header }: LogMessage): HTMLElement | false {
  const entries = Object.entries(header);
  return entries.length > 0 && h("p", { class: "details-header" },
    h("span", { class: "quiet" }, text().log.header),
    entries.map(([name, value]) => h("code", {}, `${name}: ${value}`)));
}

function copyButton(message: LogMessage): HTMLElement {
  const t = text().log;
  const label = h("span", { role: "status" }, t.copy);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(message.body);
      label.textContent = t.copied;
    } catch {
      label.textContent = t.copyFailed;
    }
  };
  const attributes = { class: "small-button", type: "button", "data-testid": "log-copy", onclick: () => void copy() };
  return h("button", attributes, icon("copy", 15), label);
}

/** The message alone travels in the fragment, which browsers do not send to any server; there is no key on this page. */
function debuggerLink(message: LogMessage): HTMLElement {
  const href = `/debug#message=${encodeURIComponent(message.body)}`;
  const attributes = { class: "small-button", href, target: "_blank", rel: "noopener", "data-testid": "log-debug" };
  return h("a", attributes, icon("open", 15), text().log.openDebugger);
}
