import { currentLanguage } from "../../shared/preferences";
import { en } from "./en";
import { zh } from "./zh";

export type Dictionary = typeof en;

/** The sentences in the language that is chosen now. */
export function text(): Dictionary {
  return currentLanguage() === "zh-CN" ? zh : en;
}

/** A trade state in words; one we do not know is shown as WeChat wrote it. */
export function stateName(trade_state: string): string {
  const names: Readonly<Record<string, string>> = text().states;
  return names[trade_state] ?? trade_state;
}
