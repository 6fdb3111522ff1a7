import { h, type Child } from "../../shared/h";
import { icon, type IconName } from "../../shared/icons";
import type { Refusal } from "../contract";
import { yuan } from "../../shared/money";
import { stateName, text } from "../text";
import { shortNo, type Stage, type Visit, type VisitOrder } from "../visit";
import { itemName } from "./shelf";

export interface OrderTaps {
  pay(id: string): void;
  open(id: string): void;
  toShelf(): void;
}

const MARKS: Record<Stage, IconName | "spinner"> = {
  open: "receipt",
  starting: "receipt",
  paying: "receipt",
  confirming: "spinner",
  paid: "check",
  cancelled: "back",
  failed: "cross",
  closed: "cross",
};

/** One order: before it is paid, while the server asks WeChat, and after. */
export function orderPage(order: VisitOrder, taps: OrderTaps): HTMLElement {
  return h("div", { class: "order" },
    banner(order),
    order.problem && problemCard(order.problem),
    h("section", { class: "card bill" },
      h("div", { class: "bill-item" },
        h("span", { class: "item-picture small", "aria-hidden": "true" }, order.item.emoji),
        h("strong", {}, itemName(order.item)),
        h("span", { class: "price" }, yuan(order.total_fee)),
      ),
      facts(order),
    ),
    h("div", { class: "order-buttons" }, buttons(order, taps)),
  );
}

export function orderList(visit: Visit, taps: OrderTaps): HTMLElement {
  const t = text().phone;
  if (visit.orders.length === 0) {
    return h("div", { class: "empty" }, icon("receipt", 36), h("strong", {}, t.noOrders), h("span", {}, t.noOrdersHint));
  }
  return h("ul", { class: "orders" }, visit.orders.map((order) => h("li", {},
    h("button", {
      class: "order-row", type: "button", "data-testid": `order-${order.id}`, "data-state": order.trade_state,
      onclick: () => taps.open(order.id),
    },
      h("span", { class: "item-picture small", "aria-hidden": "true" }, order.item.emoji),
      h("span", { class: "order-words" },
        h("strong", {}, itemName(order.item)),
        h("span", { class: "mono" }, shortNo(order.id))),
      h("span", { class: "order-end" },
        h("span", { class: "price" }, yuan(order.total_fee)),
        h("span", { class: "state", "data-state": order.trade_state }, stateName(order.trade_state))),
    ))));
}

/** An error with its code and message, as the server or WeChat's client gave them. */
export function problemCard(problem: Refusal): HTMLElement {
  const t = text().phone;
  return h("section", { class: "problem", role: "alert", "data-testid": "problem" },
    h("strong", {}, icon("busy", 18), problem.code.endsWith(":fail") ? t.problem.phone : t.problem.server),
    h("p", {}, h("code", {}, problem.code), " ", problem.message),
    problem.request_id && h("p", { class: "mono quiet" }, `${t.requestId} ${problem.request_id}`),
  );
}

function banner(order: VisitOrder): HTMLElement {
  const mark = MARKS[order.stage];
  const stage = order.stage === "starting" ? "open" : order.stage;
  const [title, hint] = text().phone.banner[stage];
  return h("section", {
    class: "banner", "data-stage": order.stage, "data-testid": "order-state", "data-state": order.trade_state, role: "status",
  },
    h("span", { class: "banner-mark" }, mark === "spinner" ? h("span", { class: "spinner" }) : icon(mark, 28)),
    h("strong", {}, title),
    h("span", {}, hint),
    h("code", {}, order.trade_state),
  );
}

function facts(order: VisitOrder): HTMLElement {
  const t = text().phone;
  const row = (name: string, value: Child) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("dl", {},
    row(t.orderNo, h("span", { class: "mono wrap" }, order.id)),
    row(t.amount, yuan(order.total_fee)),
    row(t.state, h("span", { class: "state", "data-state": order.trade_state }, stateName(order.trade_state))),
  );
}

function buttons(order: VisitOrder, taps: OrderTaps): Child {
  const t = text().phone;
  const { stage } = order;
  const toShelf = h("button", { class: "secondary", type: "button", "data-testid": "to-shelf", onclick: () => taps.toShelf() }, t.toShelf);
  if (stage === "paid" || stage === "closed" || stage === "confirming") return toShelf;
  const isBusy = stage === "starting" || stage === "paying";
  const isRepeat = stage === "cancelled" || stage === "failed";
  const pay = h("button", {
    class: "primary wide",
    type: "button",
    "data-testid": "pay",
    "aria-busy": isBusy,
    "aria-disabled": isBusy,
    onclick: () => !isBusy && taps.pay(order.id),
  },
    stage === "starting" ? [h("span", { class: "spinner" }), t.starting] : isRepeat ? t.payAgain : t.pay(yuan(order.total_fee)));
  return [pay, toShelf];
}
