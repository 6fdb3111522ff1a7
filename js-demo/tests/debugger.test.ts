import { describe, expect, it } from "vitest";
import { differences, diffFields } from "../src/debugger/diff";
import type { Report } from "../src/debugger/engine/report";
import { isClient, split } from "../src/debugger/input/split";
import { invisible, invisibleInMessage } from "../src/debugger/invisible";
import { fragmentOf, masked, readFragment, withoutKeys } from "../src/debugger/share/link";

const KEY = "Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9UeE";

describe("split", () => {
  const xml = "<xml><prepay_id>wx1</prepay_id></xml>";
  const client = "wx.requestPayment({ package: 'prepay_id=wx1', paySign: 'A' })";

  it("puts the client's part first, wherever it stands", () => {
    for (const text of [`${xml}\n${client}`, `${client}\n${xml}`]) {
      const parts = split(text);
      expect(parts.map((part) => text.slice(part.start, part.start + part.text.length))).toEqual(parts.map((part) => part.text));
      expect(parts[0]?.text).toContain("paySign");
      expect(parts[1]?.text).toBe(xml);
    }
  });

  it("leaves a single message whole", () => {
    for (const text of [xml, client, `2026-11-21 INFO body: ${xml}`, ""]) expect(split(text)).toEqual([{ start: 0, text }]);
  });

  it("knows the client's parameters from an order", () => {
    expect([isClient(client), isClient(xml), isClient("appid=wx1&sign=A")]).toEqual([true, false, false]);
  });
});

describe("diffFields", () => {
  const kinds = (wrong: string, right: string) => diffFields(wrong, right).map(({ kind, text }) => `${kind} ${text}`);

  it("shows only what differs inside a field", () => {
    expect(kinds("a=1&total_fee=1990™_type=JSAPI&key=*", "a=1&total_fee=1990&trade_type=JSAPI&key=*"))
      .toEqual(["same a=1", "same &total_fee=1990", "wrong ™", "right &trade", "same _type=JSAPI", "same &key=*"]);
  });

  it("shows a field that is on one side only", () => {
    expect(kinds("a=1&attach=&b=2", "a=1&b=2")).toEqual(["same a=1", "wrong &attach=", "same &b=2"]);
  });

  it("gives both texts back", () => {
    const [wrong, right] = ["b=2&a=1&c=😀&key=*", "a=1&b=2&c=😁&key=*"];
    const pieces = diffFields(wrong, right);
    const joined = (without: string) => pieces.filter(({ kind }) => kind !== without).map(({ text }) => text).join("");
    expect([joined("right"), joined("wrong")]).toEqual([wrong, right]);
  });
});

it("compares signatures of different lengths", () => {
  expect(differences("ABC", "AXCD")).toEqual([false, true, false, true]);
});

describe("invisible", () => {
  it("names every odd character, and leaves a plain space alone", () => {
    expect(invisible("a b\u00a0\u200b\ufeff\tＡ").map(({ short, code }) => [short, code])).toEqual([
      ["NBSP", "U+00A0"], ["ZWSP", "U+200B"], ["BOM", "U+FEFF"], ["TAB", "U+0009"], ["FULLWIDTH A", "U+FF21"],
    ]);
  });

  it("takes line breaks in a message for layout", () => {
    expect(invisibleInMessage("a=1\r\n\tb=\u00ad2")).toEqual([{ start: 8, end: 9, short: "SHY", code: "U+00AD" }]);
  });
});

describe("share", () => {
  const shared = { message: "appid=wx1&body=茶 & #%", other: "", format: undefined, scene: "notice", sign_type: "MD5", appid: "" } as const;

  it("comes back as it went out", () => {
    expect(readFragment(fragmentOf(shared))).toEqual(shared);
  });

  it("reads the links of the shop, and survives broken ones", () => {
    expect(readFragment("#message=%3Cxml%3E")?.message).toBe("<xml>");
    expect(readFragment("#message=%E4%zz")?.message).toBe("%E4%zz");
    expect(readFragment("#scene=notice")).toBeUndefined();
    expect(readFragment("#message=a&scene=bad&format=exe")).toMatchObject({ scene: undefined, format: undefined });
  });

  it("masks what is asked for, and a pasted key always", () => {
    const message = `openid=oABC&total_fee=1&key=${KEY}`;
    const at = (part: string): [number, number] => [message.indexOf(part), message.indexOf(part) + part.length];
    const report = {
      fields: [
        { name: "openid", why: "signed", value_span: at("oABC") },
        { name: "total_fee", why: "signed", value_span: [22, 23] },
      ],
      lints: [{ id: "P2", span: at(`key=${KEY}`) }],
    } as unknown as Report;
    expect(masked(message, report, (span) => span, new Set(["openid"]), [])).toBe("openid=******&total_fee=1&******");
    expect(withoutKeys(`x ${KEY} y`, [`${KEY}\n`, ""])).toBe("x ****** y");
  });
});
