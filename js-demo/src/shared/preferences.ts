/** What the person at the screen chose: language and theme. Kept in localStorage where the browser allows it. */

export type Language = "zh-CN" | "en";
export type Theme = "system" | "light" | "dark";

const LANGUAGES: readonly Language[] = ["zh-CN", "en"];
const THEMES: readonly Theme[] = ["system", "light", "dark"];
const listeners = new Set<() => void>();

let language: Language = stored("wxpay.language", LANGUAGES) ?? languageOf(navigator.language);
let theme: Theme = stored("wxpay.theme", THEMES) ?? "system";
show();

export function currentLanguage(): Language {
  return language;
}

/** What was chosen, `system` included. */
export function chosenTheme(): Theme {
  return theme;
}

/** Light or dark as it is on the screen now. */
export function shownTheme(): "light" | "dark" {
  if (theme !== "system") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function chooseLanguage(next: Language): void {
  language = next;
  changed("wxpay.language", next);
}

export function chooseTheme(next: Theme): void {
  theme = next;
  changed("wxpay.theme", next);
}

/** Calls `listener` after every change of language or theme, also when the system changes its theme. */
export function onPreferences(listener: () => void): void {
  listeners.add(listener);
}

/** Chinese of any kind reads the Chinese page; everyone else the English one. */
export function languageOf(tag: string): Language {
  return /^zh\b/i.test(tag) ? "zh-CN" : "en";
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => listeners.forEach((listener) => listener()));

function changed(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off: the choice lasts until the page closes.
  }
  show();
  listeners.forEach((listener) => listener());
}

function show(): void {
  document.documentElement.lang = language;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function stored<T extends string>(key: string, allowed: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(key);
    return allowed.find((candidate) => candidate === value);
  } catch {
    return undefined;
  }
}
