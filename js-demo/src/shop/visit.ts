/** What happened on the phone since the page was opened: who is logged in, and their orders. */

import type { Refusal, ShopItem } from "./contract";
import type { UserInfo } from "./uni";

/** Where an order is, as the phone knows it. Only the server's answer makes it `paid`. */
export type Stage = "open" | "starting" | "paying" | "confirming" | "paid" | "cancelled" | "failed" | "closed";

export interface VisitOrder {
  readonly id: string;
  readonly item: ShopItem;
  readonly total_fee: number;
  readonly trade_state: string;
  readonly stage: Stage;
  /** WeChat has shown its sheet for it, so WeChat knows the order. */
  readonly isAtWeChat: boolean;
  readonly problem?: Refusal | undefined;
}

export interface Visit {
  readonly user: UserInfo | undefined;
  /** Newest first. */
  readonly orders: readonly VisitOrder[];
  logInAs(user: UserInfo): void;
  place(order: VisitOrder): void;
  change(id: string, change: Partial<VisitOrder>): void;
  order(id: string): VisitOrder | undefined;
  onChange(listener: () => void): void;
}

export function createVisit(): Visit {
  let user: UserInfo | undefined;
  let orders: readonly VisitOrder[] = [];
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  return {
    get user() {
      return user;
    },
    get orders() {
      return orders;
    },
    logInAs(next) {
      user = next;
      tell();
    },
    place(order) {
      orders = [order, ...orders];
      tell();
    },
    change(id, change) {
      orders = orders.map((order) => (order.id === id ? { ...order, ...change } : order));
      tell();
    },
    order: (id) => orders.find((order) => order.id === id),
    onChange: (listener) => void listeners.add(listener),
  };
}

/** The end of an order number: enough to tell the orders of one visit apart. A word joiner keeps it on one line. */
export function shortNo(id: string): string {
  return id.length > 8 ? `…\u2060${id.slice(-6)}` : id;
}
