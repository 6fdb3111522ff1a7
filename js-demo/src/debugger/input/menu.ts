/** A button that opens a list below it. Escape, a click elsewhere, and leaving by Tab close it again. */

import { h, type Child } from "../../shared/h";

export interface Menu {
  readonly element: HTMLElement;
  redraw(face: readonly Child[], content: readonly Child[]): void;
  close(): void;
}

export function createMenu(testId: string): Menu {
  const list = h("div", { class: "menu-list", id: `${testId}-list`, hidden: true });
  const button = h("button", {
    type: "button", class: "small-button", "data-testid": testId, "aria-expanded": "false", "aria-controls": `${testId}-list`,
  });
  const element = h("div", { class: "menu" }, button, list);
  const show = (open: boolean) => {
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(list.hidden !== false));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    show(false);
    button.focus();
  });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !element.contains(event.relatedTarget)) show(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !element.contains(event.target)) show(false);
  });
  return {
    element,
    redraw(face, content) {
      button.replaceChildren(h("span", { class: "menu-face" }, face));
      list.replaceChildren(h("div", {}, content));
    },
    close() {
      show(false);
      button.focus();
    },
  };
}
