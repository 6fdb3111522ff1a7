import { describe, expect, it } from "vitest";
import type { LedgerEntry, OrderView } from "../src/shop/contract";
import { compare, worst } from "../src/shop/lab/accounts";
import { yuan } from "../src/shared/money";

describe("ledger against books", () => {
  it.each([
    ["nobody knows a payment", [], books("NOTPAY", 100), "equal"],
    ["both know it", [entry(100)], books("SUCCESS", 100), "equal"],
    ["a refunded order has been paid", [entry(100)], books("REFUND", 100), "equal"],
    ["our books do not know it yet", [entry(100)], books("NOTPAY", 100), "waiting"],
    ["our books have not been read yet", [entry(100)], undefined, "waiting"],
    ["our books know a payment that WeChat does not", [], books("SUCCESS", 100), "different"],
    ["the amounts differ", [entry(100)], books("SUCCESS", 101), "different"],
    ["it was paid twice", [entry(100), entry(100)], books("SUCCESS", 100), "different"],
    ["the payment is another order's", [{ ...entry(100), out_trade_no: "B" }], books("NOTPAY", 100), "equal"],
  ] as const)("%s", (_name, ledger, ours, agreement) => {
    expect(compare("A", ledger, ours).agreement).toBe(agreement);
  });

  it("is as bad as the worst order", () => {
    const equal = compare("A", [], books("NOTPAY", 1));
    const waiting = compare("A", [entry(1)], books("NOTPAY", 1));
    const different = compare("A", [], books("SUCCESS", 1));
    expect([worst([]), worst([equal, waiting]), worst([different, waiting])]).toEqual(["equal", "waiting", "different"]);
  });
});

describe("yuan", () => {
  it.each([[0, "¥0.00"], [1, "¥0.01"], [29, "¥0.29"], [1280, "¥12.80"], [-5, "-¥0.05"], [9007199254740991, "¥90071992547409.91"]])("%d fen is %s", (fen, words) => {
    expect(yuan(fen)).toBe(words);
  });
});

function entry(total_fee: number): LedgerEntry {
  return { kind: "pay", out_trade_no: "A", transaction_id: "4200", total_fee };
}

function books(trade_state: string, total_fee: number): OrderView {
  return { out_trade_no: "A", trade_state, total_fee, anomalies: [], revision: 1 };
}
