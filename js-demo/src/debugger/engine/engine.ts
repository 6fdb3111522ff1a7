/** The one door to the package: every question goes through here, and whatever goes wrong comes back as a value. */

import { explain as ask } from "wxpay-wasm/explain";
import type { ExplainOptions, Report } from "./report";

/** The largest message that is read, in bytes; the engine has the same limit. */
export const MAX_BYTES = 256 * 1024;

/** The package's options; one that was not chosen may stand there as `undefined`. */
export type Options = { readonly [Name in keyof ExplainOptions]: ExplainOptions[Name] | undefined };

/** Nothing of the message or the key is in it. */
export interface Failure {
  /** The engine broke, or it refused what it was given. */
  readonly kind: "failed" | "refused";
  readonly code: string;
}

/** A signature that no algorithm makes: the engine computes the right ones and searches for nothing. */
const NO_SIGNATURE = "-";

export function explain(text: string, options: Options): Report | Failure {
  try {
    return ask(text, filled(options));
  } catch (error) {
    return failure(error);
  }
}

/** Whether this key gives the signature in question, or opens the refund notice. */
export function fits(text: string, options: Options, { given, scene, sign_type }: Report): boolean {
  const isRefund = scene === "refund_notice";
  const report = explain(text, isRefund ? options : { ...options, sign: NO_SIGNATURE });
  if (isFailure(report)) return false;
  if (isRefund) return report.verdict === "match";
  return given === (sign_type === "MD5" ? report.signatures?.md5 : report.signatures?.hmac_sha256);
}

export function isFailure(answer: Report | Failure): answer is Failure {
  return "kind" in answer;
}

function filled(options: Options): ExplainOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ExplainOptions;
}

function failure(error: unknown): Failure {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "internal";
  return { kind: code === "internal" || code === "not_compiled" ? "failed" : "refused", code };
}
