/** The text cannot be read: where, and what could be. */

import { h } from "../../shared/h";
import type { Reading } from "../examine";
import type { Span } from "../engine/report";
import { number, text } from "../text";
import { visible } from "./visible";

const EXCERPT = 48;

export function malformedView({ report, text: pasted, toText, start }: Reading, locate: (span: Span) => void): HTMLElement {
  const t = text().malformed;
  const { error } = report;
  const at = error?.at === undefined ? undefined : toText([error.at, error.at])[0] - start;
  return h("div", { class: "malformed" },
    h("p", {}, sentence(report.error ?? undefined)),
    error?.code === "unknown" && h("ul", { class: "forms" }, t.forms.map((form) => h("li", {}, h("code", {}, form)))),
    at !== undefined && error?.at !== undefined && h("p", {},
      place(pasted, at), " ", h("code", { class: "excerpt" }, visible(pasted.slice(at, at + EXCERPT))), " ",
      h("button", { type: "button", class: "text-button", onclick: () => locate([error.at ?? 0, (error.at ?? 0) + 1]) }, t.here)));
}

function sentence(error: Reading["report"]["error"] | undefined): string {
  const t = text();
  switch (error?.code) {
    case "empty": return t.malformed.empty;
    case "too_many_fields": return t.malformed.too_many_fields;
    case "no_fields": return t.malformed.no_fields(error.format ? t.message.formats[error.format] : "?");
    case "too_large": return t.malformed.too_large(number(error.bytes ?? 0), number(error.max ?? 0));
    case "unknown": case undefined: return t.malformed.unknown;
  }
}

function place(pasted: string, at: number): string {
  const before = pasted.slice(0, at).split("\n");
  return text().malformed.at(number(before.length), number((before.at(-1) ?? "").length + 1));
}
