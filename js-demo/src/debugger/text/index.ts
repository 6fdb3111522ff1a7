import { currentLanguage } from "../../shared/preferences";
import type { Words } from "../engine/report";
import { en } from "./en";
import { zh } from "./zh";

export type Dictionary = typeof en;

/** The sentences in the language that is chosen now. */
export function text(): Dictionary {
  return currentLanguage() === "zh-CN" ? zh : en;
}

/** The engine's words in the language that is chosen now. */
export function say(words: Words): string {
  return currentLanguage() === "zh-CN" ? words.zh : words.en;
}

/** A number as the chosen language writes it. */
export function number(value: number): string {
  return new Intl.NumberFormat(currentLanguage()).format(value);
}

/** Two clauses that belong together. */
export function clause(first: string, second: string): string {
  return currentLanguage() === "zh-CN" ? `${first}：${second}` : `${first}: ${second}`;
}
