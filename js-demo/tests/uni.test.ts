import { afterEach, describe, expect, it, vi } from "vitest";
import type { CashierAction } from "../src/shop/contract";
import { createCourier } from "../src/shop/log/courier";
import { createJournal } from "../src/shop/log/journal";
import { createUni, paymentFault, type Bill, type PaymentOptions, type World } from "../src/shop/uni";

const PARAMETERS = { timeStamp: "1700000000", nonceStr: "n", package: "prepay_id=wx1", signType: "MD5", paySign: "AB" };
const BILL = { ok: true, prepay_id: "wx1", body: "tea", total_fee: 1, merchant_name: "m" };

afterEach(() => vi.unstubAllGlobals());

describe("paymentFault", () => {
  it("accepts the five strings", () => expect(paymentFault(PARAMETERS)).toBeUndefined());

  it.each([
    [{ timeStamp: 1700000000 }, "parameter.timeStamp should be String instead of Number"],
    [{ timeStamp: "1700000000000" }, "10 digits"],
    [{ signType: undefined }, "parameter.signType should be String instead of Undefined"],
    [{ package: "wx1" }, "prepay_id="],
    [{ package: "prepay_id=" }, "prepay_id="],
  ])("names what is wrong with %j", (wrong, words) => {
    expect(paymentFault({ ...PARAMETERS, ...wrong })).toContain(words);
  });
});

describe("requestPayment", () => {
  it("opens the sheet only after WeChat has checked the second signature, and succeeds when the user pays", async () => {
    const { world, sheets } = phone("pay", { "/sim/cashier": BILL, "/sim/cashier/wx1": { ok: true, errMsg: "requestPayment:ok" } });
    expect(await requestPayment(world)).toEqual(["success requestPayment:ok", "complete requestPayment:ok"]);
    expect(sheets.map((bill) => bill.prepay_id)).toEqual(["wx1"]);
  });

  it("fails as WeChat's client does when the user cancels", async () => {
    const { world } = phone("cancel", { "/sim/cashier": BILL, "/sim/cashier/wx1": { ok: false, errMsg: "requestPayment:fail cancel" } });
    expect(await requestPayment(world)).toEqual(["fail requestPayment:fail cancel", "complete requestPayment:fail cancel"]);
  });

  it("shows no sheet when WeChat refuses the signature", async () => {
    const { world, sheets } = phone("pay", { "/sim/cashier": { ok: false, errMsg: "requestPayment:fail signature" } });
    expect((await requestPayment(world))[0]).toBe("fail requestPayment:fail signature");
    expect(sheets).toEqual([]);
  });

  it("asks nobody when a parameter has the wrong form", async () => {
    const { world, journal } = phone("pay", {});
    expect((await requestPayment(world, { timeStamp: "1700000000000" }))[0]).toMatch(/^fail requestPayment:fail timeStamp/);
    expect(journal.messages).toEqual([]);
  });
});

describe("the log", () => {
  it("notes a request and its answer, and never the token", async () => {
    const { world, journal } = phone("pay", { "/v1/login": { token: "secret-1", expire: 7200 } });
    const data = await new Promise((resolve) => {
      createUni(world).request({ url: "http://shop/v1/login", method: "POST", header: { token: "secret-0" }, data: { code: "c" }, success: (res) => resolve(res.data) });
    });
    expect(data).toEqual({ token: "secret-1", expire: 7200 });
    expect(journal.messages.map(({ from, to, call, reply, status }) => [from, to, call, reply, status])).toEqual([
      ["phone", "server", "login", false, undefined],
      ["server", "phone", "login", true, 200],
    ]);
    expect(JSON.stringify(journal.messages)).not.toContain("secret-");
  });

  it("notes that no answer came", async () => {
    const { world, journal } = phone("pay", {});
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("connection refused")));
    const failure = await new Promise((resolve) => createUni(world).request({ url: "http://shop/v1/query", fail: resolve }));
    expect(failure).toEqual({ errMsg: "request:fail connection refused" });
    expect(journal.messages[1]).toMatchObject({ reply: true, status: undefined, note: "connection refused" });
  });
});

/** A phone whose user always does `action`, before a network that knows `answers` by path. */
function phone(action: CashierAction, answers: Record<string, object>) {
  vi.stubGlobal("fetch", (url: string) => Promise.resolve(Response.json(answers[new URL(url).pathname])));
  const journal = createJournal();
  const sheets: Bill[] = [];
  const world: World = {
    simulator: "http://wechat",
    appid: "wx0",
    courier: createCourier(journal),
    owner: () => ({ nickName: "Alice", avatarUrl: "" }),
    showSheet: (bill, act) => {
      sheets.push(bill);
      return act(action);
    },
  };
  return { world, journal, sheets };
}

/** Every callback that came, in order. */
function requestPayment(world: World, change: Partial<PaymentOptions> = {}): Promise<string[]> {
  const calls: string[] = [];
  return new Promise((resolve) => {
    createUni(world).requestPayment({
      ...PARAMETERS,
      ...change,
      success: ({ errMsg }) => calls.push(`success ${errMsg}`),
      fail: ({ errMsg }) => calls.push(`fail ${errMsg}`),
      complete: ({ errMsg }) => resolve([...calls, `complete ${errMsg}`]),
    });
  });
}
