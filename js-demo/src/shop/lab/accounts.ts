/** WeChat's ledger against our books, order by order. */

import type { LedgerEntry, OrderView } from "../contract";

/** `waiting`: WeChat has the payment and the server has yet to learn of it. */
export type Agreement = "equal" | "waiting" | "different";

export interface Account {
  readonly out_trade_no: string;
  readonly payments: number;
  readonly ledger_fen: number;
  readonly books: OrderView | undefined;
  readonly books_fen: number;
  readonly agreement: Agreement;
}

export function compare(out_trade_no: string, ledger: readonly LedgerEntry[], books: OrderView | undefined): Account {
  const payments = ledger.filter((entry) => entry.kind === "pay" && entry.out_trade_no === out_trade_no);
  const ledger_fen = payments.reduce((sum, entry) => sum + entry.total_fee, 0);
  const books_fen = books !== undefined && isPaid(books) ? books.total_fee : 0;
  return {
    out_trade_no,
    payments: payments.length,
    ledger_fen,
    books,
    books_fen,
    agreement: agreement(payments.length, ledger_fen, books_fen),
  };
}

/** A refunded order has been paid. */
export function isPaid(books: OrderView): boolean {
  return books.trade_state === "SUCCESS" || books.trade_state === "REFUND";
}

export function worst(accounts: readonly Account[]): Agreement {
  if (accounts.some((account) => account.agreement === "different")) return "different";
  return accounts.some((account) => account.agreement === "waiting") ? "waiting" : "equal";
}

function agreement(payments: number, ledger_fen: number, books_fen: number): Agreement {
  if (payments > 1) return "different";
  if (ledger_fen === books_fen) return "equal";
  return books_fen === 0 ? "waiting" : "different";
}
