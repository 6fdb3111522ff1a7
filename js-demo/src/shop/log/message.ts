/** One message between the phone, the server and WeChat, wherever it was seen. */

import type { SimMessage } from "../contract";

/** From left to right on the screen. */
export const PARTIES = ["phone", "server", "wechat"] as const;
export type Party = (typeof PARTIES)[number];

/** The calls the log knows by name; any other shows the title its sender gave. */
export type CallName =
  | "login" | "buy" | "pay" | "query"
  | "wxLogin" | "requestPayment" | "cashier"
  | "code2session" | "unifiedorder" | "orderquery" | "closeorder" | "notice";

export interface LogMessage {
  readonly id: string;
  readonly exchange: string;
  readonly at_ms: number;
  readonly from: Party;
  readonly to: Party;
  readonly call: CallName | undefined;
  readonly reply: boolean;
  readonly title: string;
  readonly method: string;
  readonly url: string;
  readonly status: number | undefined;
  readonly header: Readonly<Record<string, string>>;
  readonly content_type: string;
  readonly body: string;
  readonly note: string;
}

const CALLS: readonly (readonly [RegExp, CallName])[] = [
  [/\/v1\/login$/, "login"],
  [/\/demo\/buy$/, "buy"],
  [/\/v1\/pay$/, "pay"],
  [/\/v1\/query$/, "query"],
  [/\/sim\/login$/, "wxLogin"],
  [/\/sim\/cashier$/, "requestPayment"],
  [/\/sim\/cashier\/[^/]+$/, "cashier"],
  [/\/sns\/jscode2session$/, "code2session"],
  [/\/pay\/unifiedorder$/, "unifiedorder"],
  [/\/pay\/orderquery$/, "orderquery"],
  [/\/pay\/closeorder$/, "closeorder"],
  [/\/v1\/notify\/[^/]+\/pay$/, "notice"],
];

export function callOf(url: string): CallName | undefined {
  const path = pathOf(url).split("?")[0] ?? "";
  return CALLS.find(([pattern]) => pattern.test(path))?.[1];
}

/** Path and query of an address, without the host. */
export function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/, "");
}

/** A message that the simulator saw. What the phone sends to WeChat is left out: the phone has recorded it already. */
export function fromSimulator(message: SimMessage, isReply: boolean): LogMessage | undefined {
  if (message.from === "shop" || message.to === "shop") return undefined;
  const url = message.url ?? "";
  return {
    id: `sim-${message.n}`,
    exchange: message.exchange === undefined ? `sim-alone-${message.n}` : `sim-${message.exchange}`,
    at_ms: message.at_ms,
    from: message.from,
    to: message.to,
    call: callOf(url),
    reply: isReply,
    title: message.title,
    method: message.method ?? "",
    url,
    status: message.status,
    header: {},
    content_type: message.content_type ?? "",
    body: message.body ?? "",
    note: message.note ?? "",
  };
}
