import { describe, expect, it } from "vitest";
import type { SimMessage } from "../src/shop/contract";
import { createJournal } from "../src/shop/log/journal";
import { callOf, type LogMessage } from "../src/shop/log/message";
import { proofOf } from "../src/shop/log/proof";
import { byBytes, fieldsOf, read } from "../src/shop/log/reading";

const ORDER = "http://wechat/pay/unifiedorder";
const NOTICE = "http://server/v1/notify/shop/pay";
const SIGNED = "<xml><out_trade_no>1</out_trade_no><sign><![CDATA[AB]]></sign></xml>";

describe("which fields are signed", () => {
  it("all but the signature and what is empty, by the bytes of the names", () => {
    const fields = fieldsOf([["sign", "AB"], ["attach", ""], ["nonce_str", "n"], ["appid", "wx"], ["MCH", "1"]]);
    expect(fields.map(({ name, part }) => `${name} ${part}`)).toEqual([
      "MCH signed", "appid signed", "attach empty", "nonce_str signed", "sign signature",
    ]);
  });

  it("none in a message without a signature", () => {
    expect(fieldsOf([["return_code", "FAIL"], ["return_msg", "OK"]]).every(({ part }) => part === "unsigned")).toBe(true);
  });

  it("five of the second signature, not what a server adds beside them", () => {
    const body = { code: 0, timeStamp: "1700000000", nonceStr: "n", package: "prepay_id=wx", signType: "MD5", paySign: "AB" };
    const { fields, signature } = read(JSON.stringify(body));
    expect(signature).toBe("AB");
    expect(fields.filter(({ part }) => part === "signed").map(({ name }) => name)).toEqual(["nonceStr", "package", "signType", "timeStamp"]);
    expect(fields.find(({ name }) => name === "code")?.part).toBe("unsigned");
  });

  it("orders names outside ASCII by bytes, not by UTF-16 units", () => {
    expect(["\u{1F600}", "\uFF21"].sort()).toEqual(["\u{1F600}", "\uFF21"]);
    expect(["\u{1F600}", "\uFF21"].sort(byBytes)).toEqual(["\uFF21", "\u{1F600}"]);
  });
});

describe("the order of messages", () => {
  it("is by time, and what the server did for the phone comes before its answer", () => {
    const journal = createJournal();
    journal.add(message({ id: "asked", at_ms: 10, from: "phone", to: "server" }));
    journal.add(message({ id: "answered", at_ms: 20, from: "server", to: "phone", reply: true }));
    journal.addSeen([seen({ n: 1, at_ms: 15 }), seen({ n: 2, at_ms: 20, from: "wechat", to: "server", status: 200 })]);
    expect(journal.messages.map(({ id }) => id)).toEqual(["asked", "sim-1", "sim-2", "answered"]);
    expect(journal.messages.map(({ reply }) => reply)).toEqual([false, false, true, true]);
  });

  it("leaves out what the phone told WeChat: the phone has noted that itself", () => {
    const journal = createJournal();
    journal.addSeen([seen({ n: 1, from: "shop", to: "wechat" })]);
    expect(journal.messages).toEqual([]);
  });
});

describe("names of calls", () => {
  it.each([
    ["http://a:1/sns/jscode2session?appid=wx&secret=****", "code2session"],
    ["/v1/notify/tea-shop/pay", "notice"],
    ["http://a/sim/cashier", "requestPayment"],
    ["http://a/sim/cashier/wx1", "cashier"],
    ["/healthz", undefined],
  ])("%s is %s", (url, name) => expect(callOf(url)).toBe(name));
});

describe("the proof of a signature", () => {
  const notice = message({ id: "n", url: NOTICE, from: "wechat", to: "server", body: SIGNED, exchange: "1" });
  const answer = (code: string, reason: string) =>
    message({ id: "a", url: NOTICE, reply: true, exchange: "1", body: `<xml><return_code><![CDATA[${code}]]></return_code><return_msg>${reason}</return_msg></xml>` });

  it("is the receiver's own answer", () => {
    expect(proofOf(notice, [notice])).toBe("signed");
    expect(proofOf(notice, [notice, answer("SUCCESS", "OK")])).toBe("verified");
    expect(proofOf(notice, [notice, answer("FAIL", "签名错误")])).toBe("refused");
  });

  it("is not claimed when a notice is refused for another reason, nor for a message without signature", () => {
    expect(proofOf(notice, [notice, answer("FAIL", "total_fee differs")])).toBe("signed");
    const bare = message({ id: "b", url: NOTICE, body: "<xml><return_code>FAIL</return_code></xml>" });
    expect(proofOf(bare, [bare])).toBeUndefined();
  });

  it("of an answer is what the server tells the phone next; an answer that was followed by another try proves nothing", () => {
    const asked = message({ id: "1", url: "/v1/pay", from: "phone", to: "server", exchange: "p" });
    const first = message({ id: "2", url: ORDER, from: "wechat", to: "server", reply: true, status: 200, body: SIGNED, exchange: "x" });
    const again = message({ id: "3", url: ORDER, exchange: "y", body: SIGNED });
    const second = message({ id: "4", url: ORDER, from: "wechat", to: "server", reply: true, status: 200, body: SIGNED, exchange: "y" });
    const told = message({ id: "5", url: "/v1/pay", from: "server", to: "phone", reply: true, status: 200, exchange: "p" });
    const all = [asked, first, again, second, told];
    expect(proofOf(first, all)).toBe("signed");
    expect(proofOf(second, all)).toBe("verified");
    expect(proofOf(second, [asked, first, again, second, { ...told, status: 502 }])).toBe("signed");
  });
});

function message(part: Partial<LogMessage>): LogMessage {
  return {
    id: "", exchange: "", at_ms: 0, from: "server", to: "wechat", reply: false, title: "", method: "POST", url: "", status: undefined,
    header: {}, content_type: "", body: "", note: "", ...part, call: callOf(part.url ?? ""),
  };
}

function seen(part: Partial<SimMessage>): SimMessage {
  return { n: 0, at_ms: 0, from: "server", to: "wechat", title: "", url: ORDER, exchange: 1, ...part };
}
