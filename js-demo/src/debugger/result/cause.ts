/** One cause: what it is, how it was proved, how to do it right. */

import { h, type Child } from "../../shared/h";
import { icon } from "../../shared/icons";
import { diffFields } from "../diff";
import type { Cause } from "../engine/report";
import { say, text } from "../text";
import { fixView } from "./fix";
import { visible } from "./visible";

/** WeChat's pages about signing, about the second signature, and about the refund notice. */
const PAGES = {
  sign: "https://pay.weixin.qq.com/wiki/doc/api/jsapi.php?chapter=4_3",
  second: "https://pay.weixin.qq.com/wiki/doc/api/wxa/wxa_api.php?chapter=7_7",
  refund: "https://pay.weixin.qq.com/wiki/doc/api/jsapi.php?chapter=9_16",
};

export function causeView(cause: Cause, right: string, isOpen: boolean): HTMLElement {
  const t = text().verdict;
  const body: Child[] = [
    cause.advice !== undefined && h("p", { class: "cause-advice" }, say(cause.advice)),
    h("p", { class: "cause-evidence" }, h("b", {}, t.evidence), " ", say(cause.evidence)),
    fixView(cause.fixes),
    cause.signed_text ? h("details", { class: "what-differs" },
      h("summary", { "data-testid": isOpen ? "field-diff" : null }, icon("chevron", 14), t.details), diffView(cause.signed_text, right)) : false,
    h("p", { class: "cause-reference" }, h("a", { href: pageOf(cause.id), target: "_blank", rel: "noopener noreferrer" }, t.reference, icon("open", 13))),
  ];
  const head: Child[] = [
    h("code", { class: "cause-id" }, cause.id),
    h("span", { class: "cause-title" }, say(cause.title)),
    h("code", { class: "cause-code quiet" }, cause.code),
    h("span", { class: "badge", "data-proved": String(cause.proved) }, icon(cause.proved ? "shield" : "busy", 14), cause.proved ? t.proved : t.suspectedBadge),
  ];
  const attributes = { class: "cause", "data-testid": "cause", "data-id": cause.id, "data-proved": String(cause.proved) };
  if (isOpen) return h("article", attributes, h("h3", { class: "cause-head" }, head), body);
  return h("details", attributes, h("summary", { class: "cause-head" }, icon("chevron", 14), head), body);
}

/** Field by field: struck out what was signed, underlined what should have been. */
function diffView(signed: string, right: string): HTMLElement {
  const parts = diffFields(signed, right).map(({ kind, text: piece }) => {
    if (kind === "same") return [h("wbr"), visible(piece)];
    return [h("wbr"), h(kind === "wrong" ? "del" : "ins", {}, visible(piece))];
  });
  return h("p", { class: "code canonical", "data-testid": "field-diff-text" }, parts);
}

function pageOf(id: string): string {
  if (id.startsWith("H12")) return PAGES.refund;
  return /^(E[1-8]|F[45]|D2)\b/.test(id) ? PAGES.second : PAGES.sign;
}
