/** The string to sign, in pieces that know their field. */

import { h, redraw, type Child } from "../../shared/h";
import type { Report } from "../engine/report";
import type { Reading } from "../examine";
import { showLight, type Light } from "../light";
import { text } from "../text";
import { copyButton } from "./copy-button";
import { visible } from "./visible";

export interface CanonicalPanel {
  readonly element: HTMLElement;
  redraw(reading: Reading): void;
}

export function createCanonicalPanel(light: Light): CanonicalPanel {
  const element = h("section", { class: "panel", "aria-labelledby": "canonical-heading" });
  light.follow(() => showLight(element, light));
  return {
    element,
    redraw({ report }) {
      const t = text().canonical;
      const isSigned = report.string_to_sign !== "";
      const heading = report.decrypted ? t.decrypted : t.heading;
      redraw(element,
        h("div", { class: "panel-title" },
          h("h2", { id: "canonical-heading", tabindex: -1 }, h("span", { class: "step", "aria-hidden": "true" }, "4"), heading),
          isSigned && h("div", { class: "title-buttons" }, copyButton("copy-canonical", t.copy, text().verdict, () => report.string_to_sign))),
        h("div", { class: "panel-body" },
          isSigned ? h("p", { class: "code canonical", "data-testid": "canonical" }, pieces(report, light))
            : report.decrypted ? h("pre", { class: "code", "data-testid": "decrypted", tabindex: 0 }, report.decrypted.replace(/(<root>|<\/[^>]+>)(?!$)/g, "$1\n"))
              : h("p", { class: "quiet" }, t.none)));
      showLight(element, light);
    },
  };
}

function pieces(report: Report, light: Light): Child[] {
  const { string_to_sign } = report;
  const kept = report.fields
    .map((field, index) => ({ index, name: field.signed_as ?? field.name, value: field.value, kept: field.kept }))
    .filter((field) => field.kept)
    .sort((a, b) => byBytes(a.name, b.name));
  const joined = kept.map(({ name, value }) => `${name}=${value}`).join("&");
  const tail = string_to_sign.slice(joined.length);
  if (!string_to_sign.startsWith(joined)) return [visible(string_to_sign)];
  return [
    ...kept.flatMap(({ index, name, value }, place): Child[] => [
      place > 0 && [h("wbr"), h("span", { class: "mark" }, "&")],
      h("span", {
        class: "pair", "data-field": index, onmouseenter: () => light.set(index), onmouseleave: () => light.set(undefined),
      }, h("b", {}, name), "=", visible(value)),
    ]),
    h("wbr"), h("span", { class: "tail" }, tail),
  ];
}

/** Names by their bytes: the order of the string to sign. */
function byBytes(left: string, right: string): number {
  const [a, b] = [new TextEncoder().encode(left), new TextEncoder().encode(right)];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
