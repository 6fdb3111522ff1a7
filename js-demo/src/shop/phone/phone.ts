/** The phone: a frame, the mini program's pages in it, and WeChat's sheet over them. */

import { h, redraw, type Child } from "../../shared/h";
import { icon, type IconName } from "../../shared/icons";
import type { Refusal, ShopItem } from "../contract";
import { text } from "../text";
import type { World } from "../uni";
import type { Visit } from "../visit";
import { refusalOf, type Actions } from "./actions";
import { orderList, orderPage, problemCard } from "./order";
import { openSheet, type Sheet } from "./sheet";
import { shelf } from "./shelf";

type Screen = { readonly at: "shelf" } | { readonly at: "orders" } | { readonly at: "order"; readonly id: string };

export interface Phone {
  readonly element: HTMLElement;
  readonly showSheet: World["showSheet"];
  redraw(): void;
}

export function createPhone(items: readonly ShopItem[], visit: Visit, actions: Actions): Phone {
  let screen: Screen = { at: "shelf" };
  let busy: string | undefined;
  let problem: Refusal | undefined;
  let sheet: Sheet | undefined;
  const page = h("div", { class: "phone-page" });
  const over = h("div", { class: "phone-over" });
  const element = h("section", { class: "phone" }, h("div", { class: "phone-screen" }, page, over));

  const go = (next: Screen) => {
    screen = next;
    problem = undefined;
    draw();
    page.querySelector<HTMLElement>(".nav-title")?.focus({ preventScroll: true });
    page.querySelector(".phone-body")?.scrollTo(0, 0);
  };
  /** Runs what a tap started; a refusal is shown on the page where the tap was. */
  const run = async (name: string, work: () => Promise<void>) => {
    if (busy !== undefined) return;
    busy = name;
    problem = undefined;
    draw();
    try {
      await work();
    } catch (error) {
      problem = refusalOf(error);
    }
    busy = undefined;
    draw();
  };
  const taps = {
    logIn: () => void run("login", () => actions.logIn()),
    buy: (item: ShopItem) => void run(item.id, async () => go({ at: "order", id: await actions.buy(item) })),
    pay: (id: string) => void actions.pay(id),
    open: (id: string) => {
      go({ at: "order", id });
      const stage = visit.order(id)?.stage;
      if (stage === "cancelled" || stage === "failed" || stage === "open") void run(`ask ${id}`, () => actions.ask(id));
    },
    toShelf: () => go({ at: "shelf" }),
  };

  const body = (): Child => {
    if (screen.at === "shelf") return shelf(items, visit, busy, taps);
    if (screen.at === "orders") return orderList(visit, taps);
    const order = visit.order(screen.id);
    return order && orderPage(order, taps);
  };
  const draw = () => {
    const scrolled = page.querySelector(".phone-body")?.scrollTop ?? 0;
    element.setAttribute("aria-label", text().phone.label);
    redraw(page,
      statusBar(),
      navBar(screen, () => go({ at: screen.at === "order" ? "orders" : "shelf" })),
      h("div", { class: "phone-body" }, problem && problemCard(problem), body()),
      tabBar(screen, visit.orders.length, go));
    page.querySelector(".phone-body")?.scrollTo(0, scrolled);
    page.inert = sheet !== undefined;
    sheet?.redraw();
  };

  visit.onChange(draw);
  draw();
  return {
    element,
    redraw: draw,
    async showSheet(bill, act) {
      const paying = visit.orders.find((order) => order.stage === "starting");
      if (paying) visit.change(paying.id, { stage: "paying", isAtWeChat: true });
      sheet = openSheet(bill, act);
      over.replaceChildren(sheet.element);
      page.inert = true;
      sheet.element.querySelector<HTMLElement>("[data-testid=sheet-pay]")?.focus({ preventScroll: true });
      try {
        return await sheet.result;
      } finally {
        sheet = undefined;
        over.replaceChildren();
        page.inert = false;
        page.querySelector<HTMLElement>(".nav-title")?.focus({ preventScroll: true });
      }
    },
  };
}

function statusBar(): HTMLElement {
  return h("div", { class: "status-bar", "aria-hidden": "true" },
    h("span", {}, "9:41"),
    h("span", { class: "status-island" }),
    h("span", { class: "status-signs" }, h("i", { class: "sign-bars" }, h("b"), h("b"), h("b"), h("b")), h("i", { class: "sign-battery" })));
}

function navBar(screen: Screen, back: () => void): HTMLElement {
  const t = text().phone;
  const title = screen.at === "shelf" ? t.shop : screen.at === "orders" ? t.tabs.orders : t.order;
  return h("div", { class: "nav-bar" },
    screen.at === "order" &&
      h("button", { class: "nav-back", type: "button", "data-testid": "back", "aria-label": t.back, onclick: back }, icon("back", 22)),
    h("h2", { class: "nav-title", tabindex: -1 }, title),
    h("span", { class: "capsule", "aria-hidden": "true" }, h("i"), h("i")),
  );
}

function tabBar(screen: Screen, orders: number, go: (screen: Screen) => void): HTMLElement {
  const t = text().phone;
  const tab = (at: "shelf" | "orders", mark: IconName, badge: number) => {
    const isHere = screen.at === at || (at === "orders" && screen.at === "order");
    return h("button", { type: "button", "data-testid": `tab-${at}`, "aria-current": isHere && "page", onclick: () => go({ at }) },
      h("span", { class: "tab-mark" }, icon(mark, 24), badge > 0 && h("b", { class: "badge" }, badge)),
      t.tabs[at]);
  };
  return h("nav", { class: "tab-bar", "aria-label": t.tabsLabel }, tab("shelf", "store", 0), tab("orders", "receipt", orders));
}
