import { h } from "../shared/h";
import { icon } from "../shared/icons";
import { text } from "./text";

/** Asks for the admin key. The box is made once, so that a change of language does not empty it. */
export function createGate(onKey: (key: string) => void): { draw(error: string | null): HTMLElement } {
  const box = h("input", {
    id: "key", class: "key", type: "password", autocomplete: "off", spellcheck: "false", autocapitalize: "off",
    "data-testid": "key", required: true, "aria-describedby": "gate-advice gate-error",
  });
  return {
    draw(error) {
      const t = text().gate;
      const isShown = box.type === "text";
      const eye = h("button", {
        class: "eye", type: "button", "aria-label": isShown ? t.hide : t.show, "aria-pressed": isShown,
        onclick() {
          box.type = box.type === "text" ? "password" : "text";
          eye.setAttribute("aria-pressed", String(box.type === "text"));
          eye.setAttribute("aria-label", box.type === "text" ? t.hide : t.show);
          eye.replaceChildren(icon(box.type === "text" ? "eyeOff" : "eye", 18));
        },
      }, icon(isShown ? "eyeOff" : "eye", 18));
      return h("form", {
        class: "gate panel",
        onsubmit(event) {
          event.preventDefault();
          const key = box.value.trim();
          if (key === "") return;
          box.value = "";
          box.type = "password";
          onKey(key);
        },
      },
        h("span", { class: "gate-icon", "aria-hidden": "true" }, icon("lock", 26)),
        h("h2", { tabindex: "-1" }, t.title),
        h("p", { class: "quiet", id: "gate-advice" }, t.advice),
        h("label", { for: "key" }, t.label),
        h("div", { class: "key-box" }, box, eye),
        h("p", { class: "gate-error", id: "gate-error", role: "alert" }, error),
        h("button", { class: "primary wide", type: "submit", "data-testid": "open" }, t.open));
    },
  };
}
