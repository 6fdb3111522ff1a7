/** The one line of a message that says what matters in it. */

import { pathOf, type LogMessage } from "./message";
import { read } from "./reading";

/** In the order they are shown; at most three of those present. */
const TELLING = [
  "return_code", "return_msg", "result_code", "err_code", "errcode", "errmsg", "errMsg",
  "trade_state", "prepay_id", "package", "orderId", "openid", "code", "message", "msg", "expire",
];
/** What a request is about, beside where it goes. */
const ABOUT = ["item", "action", "total_fee", "out_trade_no", "orderId"];
const MOST = 3;
const LONGEST = 40;

export function gist(message: LogMessage): string {
  const entries = new Map(entriesOf(message.body));
  const names = (message.reply ? TELLING : ABOUT).filter((name) => isTelling(name, entries.get(name)));
  const told = names.slice(0, MOST).map((name) => `${name} ${short(entries.get(name) ?? "")}`);
  if (!message.reply) told.unshift(`${message.method} ${pathOf(message.url)}`);
  return told.join(" · ");
}

/** What only says "fine" is left out where there is something better to say. */
function isTelling(name: string, value: string | undefined): boolean {
  if (value === undefined || value === "") return false;
  if (name === "return_msg") return value !== "OK";
  if (name === "code" || name === "errcode") return value !== "0";
  return !(name === "msg" && value === "success");
}

function entriesOf(body: string): (readonly [string, string])[] {
  const reading = read(body);
  if (reading.kind === "xml") return reading.fields.map(({ name, value }) => [name, value]);
  if (reading.kind !== "json") return body.trim() === "" ? [] : [["message", body.trim()]];
  const value: unknown = JSON.parse(body);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).map(([name, content]) => [name, typeof content === "string" ? content : JSON.stringify(content)]);
}

function short(value: string): string {
  return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}
