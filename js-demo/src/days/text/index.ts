import { currentLanguage } from "../../shared/preferences";
import { ServerError } from "../server";
import { en } from "./en";
import { zh } from "./zh";

export type Dictionary = typeof en;

/** The sentences in the language that is chosen now. */
export function text(): Dictionary {
  return currentLanguage() === "zh-CN" ? zh : en;
}

/** Why something failed; what the server says where we have no words of our own. */
export function reason(error: unknown): string {
  if (error instanceof ServerError) return text().errors[error.code] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
