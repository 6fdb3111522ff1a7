/** The strip over the log: WeChat's ledger against our books, for the orders of this visit. */

import { h, redraw, type Child } from "../../shared/h";
import { icon, type IconName } from "../../shared/icons";
import { yuan } from "../../shared/money";
import { stateName, text } from "../text";
import { shortNo } from "../visit";
import { isPaid, worst, type Account, type Agreement } from "./accounts";
import type { Live } from "./live";

const MARKS: Record<Agreement, IconName> = { equal: "check", waiting: "hang", different: "cross" };

export interface BooksView {
  readonly element: HTMLElement;
  redraw(): void;
}

export function createBooksView(live: Live): BooksView {
  const element = h("section", { class: "panel books", "data-testid": "books" });
  let shown = "";
  let isOpen = false;
  const toggle = () => {
    isOpen = !isOpen;
    draw();
  };
  const draw = () => {
    const accounts = live.accounts();
    element.setAttribute("aria-label", text().books.label);
    redraw(element, strip(accounts, isOpen, toggle), isOpen && table(accounts));
  };
  live.onChange(() => {
    const now = JSON.stringify(live.accounts());
    if (now !== shown) draw();
    shown = now;
  });
  draw();
  return { element, redraw: draw };
}

function strip(accounts: readonly Account[], isOpen: boolean, toggle: () => void): HTMLElement {
  const t = text().books;
  const sum = (pick: (account: Account) => number) => accounts.reduce((total, account) => total + pick(account), 0);
  const verdict = worst(accounts);
  const side = (name: string, fen: number, count: string) => h("div", { class: "books-side" },
    h("span", { class: "quiet" }, name), h("strong", {}, yuan(fen)), h("span", { class: "quiet" }, count));
  const paid = accounts.filter(({ books }) => books && isPaid(books)).length;
  return h("div", { class: "books-strip" },
    side(t.ledger, sum(({ ledger_fen }) => ledger_fen), t.payments(sum(({ payments }) => payments))),
    h("span", { class: "books-sign", "aria-hidden": "true", "data-agreement": verdict }, verdict === "different" ? "≠" : "="),
    side(t.ours, sum(({ books_fen }) => books_fen), t.paidOrders(paid)),
    h("span", { role: "status" }, badge(verdict, 16, "books-agreement")),
    h("button", { class: "text-button", type: "button", "data-testid": "books-details", "aria-expanded": isOpen, onclick: toggle },
      t.details, icon("chevron", 14)));
}

function table(accounts: readonly Account[]): Child {
  const t = text().books;
  if (accounts.length === 0) return h("p", { class: "quiet" }, t.empty);
  return h("table", {},
    h("thead", {}, h("tr", {}, Object.values(t.columns).map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, accounts.map((account) => h("tr", {},
      h("th", { scope: "row", class: "mono" }, shortNo(account.out_trade_no)),
      h("td", {}, account.payments === 0 ? t.none : yuan(account.ledger_fen)),
      h("td", {}, account.books ? `${stateName(account.books.trade_state)} · ${yuan(account.books.total_fee)}` : "…"),
      h("td", {}, badge(account.agreement, 14))))));
}

function badge(agreement: Agreement, size: number, testId?: string): HTMLElement {
  const attributes = { class: "agreement", "data-agreement": agreement, "data-testid": testId };
  return h("span", attributes, icon(MARKS[agreement], size), text().books[agreement]);
}
