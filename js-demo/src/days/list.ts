import { h } from "../shared/h";
import { icon } from "../shared/icons";
import { groupedYuan } from "../shared/money";
import { beijing, differences, KINDS, type Day, type Difference, type Side } from "./day";
import { text } from "./text";

/** What differs on the day, the worst first: what remains stands before what has healed. */
export function drawList(day: Day): HTMLElement | null {
  const t = text();
  const count = differences(day);
  const all = count + day.healed;
  if (all === 0) {
    return day.has_bill ? h("section", { class: "panel calm" }, icon("shield", 22), h("p", {}, t.list.none)) : null;
  }
  return h("section", { class: "panel differences" },
    h("div", { class: "panel-title" }, h("h2", {}, t.list.title),
      h("ul", { class: "kinds" }, KINDS.filter((kind) => day.differences[kind] > 0).map((kind) =>
        h("li", { title: t.kindAdvice[kind] }, t.kinds[kind], h("b", {}, String(day.differences[kind])))))),
    all > day.first.length && h("p", { class: "more quiet" }, t.list.first(day.first.length, all), " ",
      h("code", {}, `wxpay reconcile --date ${day.date} --csv`)),
    h("ul", { class: "rows", "data-testid": "differences" }, day.first.map(row)));
}

function row(difference: Difference): HTMLElement {
  const t = text();
  const { kind, outcome, out_trade_no, out_refund_no, at_ms } = difference;
  return h("li", { class: "row", "data-outcome": outcome, "data-kind": kind },
    h("div", { class: "row-kind" },
      h("p", { class: "kind", title: t.kindAdvice[kind] }, t.kinds[kind]),
      h("p", { class: "outcome" }, icon(outcome === "healed" ? "check" : outcome === "remains" ? "busy" : "hang", 15), t.outcomes[outcome])),
    h("div", { class: "row-number" },
      h("p", { class: "mono" }, out_trade_no),
      h("p", { class: "quiet" }, out_refund_no === undefined ? null : `${t.list.refund} ${out_refund_no} · `, beijing(at_ms))),
    side(t.list.atWechat, difference.at_wechat),
    side(t.list.here, difference.here));
}

function side(name: string, side: Side | undefined): HTMLElement {
  return h("div", { class: "side", "data-absent": side === undefined },
    h("p", { class: "side-name quiet" }, name),
    side === undefined
      ? h("p", { class: "quiet" }, text().list.absent)
      : h("p", {}, h("b", {}, groupedYuan(side.fee)), side.fee_type === undefined ? null : ` ${side.fee_type}`, " ", h("span", { class: "quiet state" }, side.state)));
}
