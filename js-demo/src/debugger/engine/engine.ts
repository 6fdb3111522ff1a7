/** The one door to the package: every question goes through here, and whatever goes wrong comes back as a value. */

import { explain as ask } from "wxpay-wasm";
import type { Format, KeyKind, Report, Scene, SignType } from "./report";

/** The largest message that is read, in bytes; the engine has the same limit. */
export const MAX_BYTES = 256 * 1024;

export interface NamedKey {
  readonly kind: KeyKind | "main";
  readonly label: string;
  readonly key: string;
}

export interface Options {
  readonly keys: readonly NamedKey[];
  readonly sign_type?: SignType | undefined;
  readonly scene?: Scene | undefined;
  readonly sign?: string | undefined;
  readonly appid?: string | undefined;
  readonly format?: Format | undefined;
  readonly other?: string | undefined;
  readonly url?: string | undefined;
  readonly max_tries?: number | undefined;
}

/** The engine broke. Nothing of the message or the key is in it. */
export interface Failure {
  readonly failed: string;
}

export function explain(text: string, options: Options): Report | Failure {
  try {
    return ask(text, options) as Report;
  } catch (error) {
    return { failed: codeOf(error) };
  }
}

/** Whether this key alone gives the signature in question. */
export function fits(text: string, options: Options): boolean {
  const report = explain(text, { ...options, max_tries: 1 });
  return !isFailure(report) && report.verdict === "match";
}

export function isFailure(answer: Report | Failure): answer is Failure {
  return "failed" in answer;
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof WebAssembly.RuntimeError ? "trap" : "internal";
}
