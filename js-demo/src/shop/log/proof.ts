/**
 * Whether a signature was checked, judged only by what its receiver did next: the page holds no key and checks nothing
 * itself.
 */

import type { LogMessage } from "./message";

export type Proof = "verified" | "refused" | "signed";

export function proofOf(message: LogMessage, all: readonly LogMessage[]): Proof | undefined {
  const signature = signatureOf(message.body);
  if (signature === undefined) return undefined;
  if (message.call === "requestPayment" && !message.reply) return proofByCashier(message, all);
  if (message.call === "pay" && message.reply) {
    const used = all.find((one) => one.call === "requestPayment" && !one.reply && one.body.includes(signature));
    return used ? proofByCashier(used, all) : "signed";
  }
  return message.reply ? proofByNextStep(message, all) : proofByAnswer(message, all);
}

/** WeChat opens its sheet only for a right second signature. */
function proofByCashier(message: LogMessage, all: readonly LogMessage[]): Proof {
  const answer = answerTo(message, all)?.body ?? "";
  if (/"ok"\s*:\s*true/.test(answer)) return "verified";
  return blamesSignature(answer) ? "refused" : "signed";
}

/** `return_code` SUCCESS says that the receiver accepted the message as genuine. */
function proofByAnswer(message: LogMessage, all: readonly LogMessage[]): Proof {
  const answer = answerTo(message, all);
  if (answer === undefined) return "signed";
  const code = valueOf("return_code", answer.body);
  if (code === "SUCCESS") return "verified";
  return code === "FAIL" && blamesSignature(answer.body) ? "refused" : "signed";
}

/**
 * The server says "yes" to the phone only after it has verified what WeChat answered in the meantime; an answer
 * followed by a second try of the same call proves nothing.
 */
function proofByNextStep(message: LogMessage, all: readonly LogMessage[]): Proof {
  const asked = message.call === "unifiedorder" ? "pay" : message.call === "orderquery" ? "query" : undefined;
  if (asked === undefined || message.note.includes("fault")) return "signed";
  const at = all.indexOf(message);
  const next = all.slice(at + 1).find((one) => one.call === message.call || (one.call === asked && one.reply));
  const isAnswer = next?.call === asked && next.status === 200;
  const request = isAnswer && all.find((one) => one.exchange === next.exchange && !one.reply);
  return request && all.indexOf(request) < at ? "verified" : "signed";
}

function answerTo(message: LogMessage, all: readonly LogMessage[]): LogMessage | undefined {
  return all.find((one) => one.exchange === message.exchange && one.reply);
}

function blamesSignature(text: string): boolean {
  return /签名|signature|\bsign\b/i.test(text);
}

/** The `sign` of an XML message or the `paySign` of a JSON one. */
function signatureOf(body: string): string | undefined {
  return (valueOf("sign", body) ?? /"paySign"\s*:\s*"([^"]*)"/.exec(body)?.[1]) || undefined;
}

/** The text of one element, with or without CDATA. */
export function valueOf(name: string, xml: string): string | undefined {
  return new RegExp(`<${name}>\\s*(?:<!\\[CDATA\\[)?([^<\\]]*)`).exec(xml)?.[1];
}
