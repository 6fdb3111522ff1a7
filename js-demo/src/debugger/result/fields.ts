/** Every field, in the order of the text: its value, and why it is signed or not. */

import { h, redraw, type Child } from "../../shared/h";
import { icon, type IconName } from "../../shared/icons";
import { currentLanguage } from "../../shared/preferences";
import type { Field, Why } from "../engine/report";
import type { Reading } from "../examine";
import { showLight, type Light } from "../light";
import { number, text } from "../text";
import { visible } from "./visible";

/** A refund notice is not signed at all. */
type Part = Why | "encrypted" | "unsigned";

const ICONS: Readonly<Record<Part, IconName>> = {
  encrypted: "shield", unsigned: "minus",
  signed: "check", added: "plus", empty: "minus", is_sign: "signature", duplicate: "double", not_in_set: "minus", is_key: "busy",
};

export interface FieldsPanel {
  readonly element: HTMLElement;
  redraw(reading: Reading): void;
}

export function createFieldsPanel(light: Light, locate: (field: Field) => void): FieldsPanel {
  const element = h("section", { class: "panel fields", "aria-labelledby": "fields-heading" });
  light.follow(() => showLight(element, light));
  return {
    element,
    redraw({ report }) {
      const t = text().fields;
      const kept = report.fields.filter((field) => field.kept).length;
      redraw(element,
        h("div", { class: "panel-title" },
          h("h2", { id: "fields-heading", tabindex: -1 }, h("span", { class: "step", "aria-hidden": "true" }, "3"), t.heading),
          report.scene !== "refund_notice" && h("span", { class: "quiet" }, t.count(number(kept), number(report.fields.length)))),
        h("table", {},
          h("thead", { class: "visually-hidden" }, h("tr", {}, [t.name, t.value, t.why].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, report.fields.map((field, index) => row(field, index, report.scene === "refund_notice", light, locate)))));
      showLight(element, light);
    },
  };
}

function row(field: Field, index: number, isRefund: boolean, light: Light, locate: (field: Field) => void): HTMLElement {
  const t = text().fields;
  const part: Part = !isRefund ? field.why : field.name === "req_info" ? "encrypted" : "unsigned";
  const on = () => light.set(index);
  const off = () => light.set(undefined);
  const name = h("button", {
    type: "button", class: "field-name", "data-testid": `field-${index}`, onfocus: on, onblur: off,
    title: t.locate(field.name), onclick: () => locate(field),
  }, field.name);
  return h("tr", { "data-field": index, "data-why": part, onmouseenter: on, onmouseleave: off },
    h("th", { scope: "row" }, name, field.signed_as && h("small", {}, t.signedAs(field.signed_as))),
    h("td", { class: "field-value" }, field.value === "" ? h("i", { class: "quiet" }, t.emptyValue) : visible(field.value), meaning(field)),
    h("td", { class: "field-why" }, icon(ICONS[part], 14), t.whys[part]));
}

/** An amount in yuan, a time as a date: what a person checks at a glance. */
function meaning({ name, value }: Field): Child {
  const said = amount(name, value) ?? moment(name, value);
  return said !== undefined && h("small", { class: "quiet meaning" }, said);
}

function amount(name: string, value: string): string | undefined {
  if (!/(_fee|_amount)(_\d+)?$/.test(name) || !/^\d{1,12}$/.test(value)) return undefined;
  const [yuan, fen] = [value.slice(0, -2) || "0", value.slice(-2).padStart(2, "0")];
  return `¥${new Intl.NumberFormat(currentLanguage()).format(BigInt(yuan))}.${fen}`;
}

function moment(name: string, value: string): string | undefined {
  const isSeconds = name.toLowerCase().replace("_", "") === "timestamp" && /^\d{10}$/.test(value);
  const isMillis = name.toLowerCase().replace("_", "") === "timestamp" && /^\d{13}$/.test(value);
  if (!isSeconds && !isMillis) return undefined;
  const format = new Intl.DateTimeFormat(currentLanguage(), { dateStyle: "medium", timeStyle: "medium", timeZone: "Asia/Shanghai" });
  return `${format.format(Number(value) * (isSeconds ? 1000 : 1))} UTC+8`;
}
