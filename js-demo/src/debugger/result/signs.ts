/** The signatures, character by character. */

import { h, redraw, type Child } from "../../shared/h";
import { icon } from "../../shared/icons";
import { differences } from "../diff";
import type { SignType } from "../engine/report";
import type { Reading } from "../examine";
import { number, text } from "../text";

export interface SignsPanel {
  readonly element: HTMLElement;
  redraw(reading: Reading): void;
}

export function createSignsPanel(): SignsPanel {
  const element = h("section", { class: "panel signs", "aria-labelledby": "signs-heading" });
  return {
    element,
    redraw({ report }) {
      const t = text().signs;
      const { signatures, given } = report;
      element.hidden = !signatures || report.scene === "refund_notice";
      if (!signatures) return element.replaceChildren();
      const all: readonly (readonly [SignType, string])[] = [["MD5", signatures.md5], ["HMAC-SHA256", signatures.hmac_sha256]];
      const [expected, other] = report.sign_type === "MD5" ? all : [...all].reverse();
      if (!expected || !other) return;
      redraw(element,
        h("div", { class: "panel-title" }, h("h2", { id: "signs-heading", tabindex: -1 }, h("span", { class: "step", "aria-hidden": "true" }, "5"), t.heading)),
        h("div", { class: "panel-body" },
          given ? comparison(given, expected) : row(t.expected, expected[0], letters(expected[1], [])),
          row(t.other, other[0], letters(other[1], []), given === other[1] ? true : undefined)));
    },
  };
}

function comparison(given: string, [name, right]: readonly [SignType, string]): Child[] {
  const t = text().signs;
  const differs = differences(given, right);
  const wrong = differs.filter(Boolean).length;
  const said = wrong === 0 ? "" : given.length !== right.length ? t.length(number(given.length), number(right.length))
    : given.toUpperCase() === right.toUpperCase() ? t.caseOnly
      : `${t.equalCount(number(right.length - wrong), number(right.length))} ${t.atRandom}`;
  return [
    row(t.expected, name, letters(right, differs)),
    row(t.given, "", letters(given, differs), wrong === 0),
    said !== "" && h("p", { class: "quiet compared", "data-testid": "compared" }, said),
  ];
}

function row(title: string, name: string, sign: Child, isRight?: boolean): HTMLElement {
  const t = text().signs;
  return h("div", { class: "sign-row" },
    h("span", { class: "sign-title" }, title, name !== "" && h("small", { class: "quiet" }, name),
      isRight !== undefined && h("span", { class: "badge", "data-proved": String(isRight) }, icon(isRight ? "check" : "cross", 13), isRight ? t.right : t.wrong)),
    sign);
}

/** In groups of four; a character that differs is marked, and not by its colour alone. */
function letters(sign: string, differs: readonly boolean[]): Child {
  const groups: Child[] = [];
  for (let start = 0; start < sign.length; start += 4) {
    groups.push(h("span", { class: "four" }, [...sign.slice(start, start + 4)].map((letter, offset) =>
      differs[start + offset] ? h("u", {}, letter) : letter)));
  }
  return h("code", { class: "letters" }, groups);
}
