/** The text cannot be read: where, and what could be. */

import { h } from "../../shared/h";
import type { Reading } from "../examine";
import type { Report, Span } from "../engine/report";
import { number, text } from "../text";
import { visible } from "./visible";

const EXCERPT = 48;

export function malformedView({ report, text: pasted }: Reading, locate: (span: Span) => void): HTMLElement {
  const t = text().malformed;
  const at = report.error?.at;
  return h("div", { class: "malformed" },
    h("p", {}, sentence(report)),
    report.error?.code === "unknown_form" && h("ul", { class: "forms" }, t.forms.map((form) => h("li", {}, h("code", {}, form)))),
    at !== undefined && h("p", {},
      place(pasted, at), " ", h("code", { class: "excerpt" }, visible(pasted.slice(at, at + EXCERPT))), " ",
      h("button", { type: "button", class: "text-button", onclick: () => locate([at, at + 1]) }, t.here)));
}

function sentence({ error }: Report): string {
  const t = text();
  switch (error?.code) {
    case "empty": return t.malformed.empty;
    case "unknown_form": return t.malformed.unknown;
    case "too_many_fields": return t.malformed.too_many_fields;
    case "no_fields": return t.malformed.no_fields(error.format ? t.message.formats[error.format] : "?");
    default: return error?.message ?? t.malformed.unknown;
  }
}

function place(pasted: string, at: number): string {
  const before = pasted.slice(0, at).split("\n");
  return text().malformed.at(number(before.length), number((before.at(-1) ?? "").length + 1));
}
