/** Offers to take back what replaced the text. */

import { h } from "../shared/h";
import { text } from "./text";

export interface Undo {
  readonly element: HTMLElement;
  offer(back: () => void): void;
  forget(): void;
  redraw(): void;
}

const OFFER_MS = 12_000;

export function createUndo(): Undo {
  let back: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const words = h("span", {});
  const button = h("button", { type: "button", class: "text-button", "data-testid": "undo" });
  const element = h("div", { class: "undo", role: "status", hidden: true }, words, button);
  const forget = () => {
    clearTimeout(timer);
    back = undefined;
    element.hidden = true;
  };
  button.addEventListener("click", () => {
    const take = back;
    forget();
    take?.();
  });
  return {
    element,
    offer(next) {
      forget();
      back = next;
      element.hidden = false;
      timer = setTimeout(forget, OFFER_MS);
    },
    forget,
    redraw() {
      words.textContent = text().message.replaced;
      button.textContent = text().message.undo;
    },
  };
}
