import { currentLanguage } from "../../shared/preferences";
import { h } from "../../shared/h";
import { icon } from "../../shared/icons";
import type { ShopItem } from "../contract";
import { yuan } from "../../shared/money";
import { text } from "../text";
import type { Visit } from "../visit";
import { picture } from "./owner";

export interface ShelfTaps {
  logIn(): void;
  buy(item: ShopItem): void;
}

/** `busy`: what is being waited for: `login`, or the id of an item. */
export function shelf(items: readonly ShopItem[], visit: Visit, busy: string | undefined, taps: ShelfTaps): HTMLElement {
  const t = text().phone;
  return h("div", { class: "shelf" },
    visit.user ? member(visit.user.nickName) : guest(busy === "login", taps),
    h("h3", { class: "shelf-title" }, t.shelf),
    h("ul", { class: "items" }, items.map((item) => itemCard(item, busy, taps))),
  );
}

export function itemName(item: ShopItem): string {
  return currentLanguage() === "zh-CN" ? item.name_zh : item.name;
}

function guest(isBusy: boolean, taps: ShelfTaps): HTMLElement {
  const t = text().phone;
  return h("section", { class: "member guest" },
    h("div", { class: "member-words" }, h("strong", {}, t.greeting), h("span", {}, t.greetingHint)),
    h("button", { class: "primary", type: "button", "data-testid": "login", "aria-busy": isBusy, onclick: () => taps.logIn() },
      isBusy ? h("span", { class: "spinner" }) : icon("wechat", 20), t.logIn),
  );
}

function member(nickName: string): HTMLElement {
  return h("section", { class: "member", "data-testid": "member" },
    h("img", { class: "avatar", src: picture(), alt: "", width: 44, height: 44 }),
    h("div", { class: "member-words" }, h("strong", {}, nickName), h("span", {}, icon("check", 14), text().phone.loggedIn)),
  );
}

function itemCard(item: ShopItem, busy: string | undefined, taps: ShelfTaps): HTMLElement {
  const t = text().phone;
  const name = itemName(item);
  const isBusy = busy === item.id;
  return h("li", { class: "item" },
    h("span", { class: "item-picture", "aria-hidden": "true" }, item.emoji),
    h("span", { class: "item-name" }, name),
    h("span", { class: "item-foot" },
      h("span", { class: "price" }, yuan(item.price_fen)),
      h("button", {
        class: "buy", type: "button", "data-testid": `buy-${item.id}`, "aria-busy": isBusy,
        "aria-label": t.buyItem(name, yuan(item.price_fen)), onclick: () => taps.buy(item),
      }, isBusy ? h("span", { class: "spinner" }) : t.buy),
    ),
  );
}
