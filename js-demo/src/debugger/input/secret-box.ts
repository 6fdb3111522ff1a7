/**
 * A box for a key. It is a textarea, so no password manager offers to keep it and a pasted line break is not lost in
 * silence; the letters are drawn as dots. The key lives in the box's value and nowhere else.
 */

import { h } from "../../shared/h";
import { icon } from "../../shared/icons";
import { number, text } from "../text";

export interface SecretBox {
  readonly element: HTMLElement;
  value(): string;
  set(key: string): void;
  clear(): void;
  redraw(label: string): void;
}

const KEY_LENGTH = 32;

export function createSecretBox(id: string, onchange: () => void): SecretBox {
  const area = h("textarea", {
    id, "data-testid": id, class: "secret", rows: 1, wrap: "off", spellcheck: "false", autocomplete: "off", autocapitalize: "off",
    autocorrect: "off", translate: "no", "data-1p-ignore": true, "data-lpignore": "true", "data-bwignore": true,
    "data-form-type": "other", "aria-describedby": `${id}-check`,
  });
  const eye = h("button", { type: "button", class: "eye", "data-testid": `${id}-show` });
  const check = h("p", { class: "key-check", id: `${id}-check`, "data-testid": `${id}-check` });
  let isShown = false;

  const draw = () => {
    const t = text().key;
    area.classList.toggle("shown", isShown);
    eye.replaceChildren(icon(isShown ? "eyeOff" : "eye", 18));
    eye.setAttribute("aria-label", isShown ? t.hideLabel : t.showLabel);
    eye.setAttribute("aria-pressed", String(isShown));
    area.placeholder = t.placeholder;
    const problems = problemsOf(area.value);
    check.dataset["good"] = String(area.value !== "" && problems.length === 0);
    check.hidden = area.value === "";
    check.replaceChildren(icon(problems.length === 0 ? "check" : "busy", 14), problems.length === 0 ? t.good : problems.join("; "));
  };
  const changed = () => {
    draw();
    onchange();
  };
  area.addEventListener("input", changed);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  for (const event of ["copy", "cut", "dragstart"]) {
    area.addEventListener(event, (happening) => {
      if (!isShown) happening.preventDefault();
    });
  }
  eye.addEventListener("click", () => {
    isShown = !isShown;
    draw();
  });
  return {
    element: h("div", { class: "secret-box" }, h("div", { class: "secret-line" }, area, eye), check),
    value: () => area.value,
    set(key) {
      area.value = key;
      draw();
    },
    clear() {
      area.value = "";
      isShown = false;
      draw();
    },
    redraw(label) {
      area.setAttribute("aria-label", label);
      draw();
    },
  };
}

function problemsOf(key: string): string[] {
  const t = text().key;
  const count = [...key].length;
  return [
    count === KEY_LENGTH ? "" : t.length(number(count)),
    key.trim() === key ? "" : t.spaces,
    /[^\x21-\x7e]/.test(key.trim()) ? t.odd : "",
  ].filter((problem) => problem !== "");
}
