/** WeChat's payment sheet, drawn here in its place: it shows what WeChat says is to be paid, and to whom. */

import { h, redraw } from "../../shared/h";
import { icon } from "../../shared/icons";
import type { CashierAction, CashierResult } from "../contract";
import { yuan } from "../../shared/money";
import { text } from "../text";
import type { Bill } from "../uni";

const DOTS = 6;

export interface Sheet {
  readonly element: HTMLElement;
  readonly result: Promise<CashierResult>;
  redraw(): void;
}

export function openSheet(bill: Bill, act: (action: CashierAction) => Promise<CashierResult>): Sheet {
  const element = h("div", { class: "sheet-layer" });
  let doing: CashierAction | undefined;
  let finish: { resolve: (result: CashierResult) => void; reject: (error: unknown) => void };
  const result = new Promise<CashierResult>((resolve, reject) => {
    finish = { resolve, reject };
  });

  const choose = (action: CashierAction) => {
    if (doing !== undefined) return;
    doing = action;
    draw();
    act(action).then(finish.resolve, finish.reject);
  };
  const draw = () => redraw(element,
    h("div", { class: "sheet-shade", onclick: () => choose("cancel") }),
    panel(bill, doing, choose));

  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") choose("cancel");
    else if (event.key === "Tab") keepFocusInside(element, event);
  });
  draw();
  return { element, result, redraw: draw };
}

function panel(bill: Bill, doing: CashierAction | undefined, choose: (action: CashierAction) => void): HTMLElement {
  const t = text().sheet;
  return h("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "sheet-title" },
    h("div", { class: "sheet-head" },
      h("button", {
        class: "sheet-close", type: "button", "data-testid": "sheet-cancel", "aria-label": t.cancel, onclick: () => choose("cancel"),
      }, icon("cross", 20)),
      h("h2", { id: "sheet-title" }, icon("wechat", 20), t.title),
    ),
    h("p", { class: "sheet-merchant" }, t.payTo(bill.merchant_name)),
    h("p", { class: "sheet-amount", "data-testid": "sheet-amount" }, yuan(bill.total_fee)),
    h("p", { class: "sheet-body" }, bill.body),
    h("div", { class: "sheet-method" }, h("span", {}, t.method), h("strong", {}, t.balance)),
    h("div", { class: "sheet-dots", "aria-hidden": "true", "data-filled": doing === "pay" }, Array.from({ length: DOTS }, () => h("i"))),
    h("button", {
      class: "primary wide", type: "button", "data-testid": "sheet-pay", "aria-busy": doing === "pay", onclick: () => choose("pay"),
    },
      doing === "pay" ? [h("span", { class: "spinner" }), t.paying] : t.pay),
    h("button", { class: "plain wide", type: "button", "data-testid": "sheet-fail", onclick: () => choose("fail") }, t.fail),
    h("p", { class: "sheet-note" }, t.simulated),
  );
}

function keepFocusInside(element: HTMLElement, event: KeyboardEvent): void {
  const buttons = [...element.querySelectorAll("button")];
  const [first, last] = [buttons[0], buttons.at(-1)];
  if (event.shiftKey && document.activeElement === first) last?.focus();
  else if (!event.shiftKey && document.activeElement === last) first?.focus();
  else return;
  event.preventDefault();
}
