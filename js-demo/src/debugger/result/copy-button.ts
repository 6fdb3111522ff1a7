import { copy } from "../../shared/clipboard";
import { h } from "../../shared/h";
import { icon } from "../../shared/icons";

/** A button that copies, and says whether that worked. */
export function copyButton(
  testId: string, label: string, said: { readonly copied: string; readonly copyFailed: string }, content: () => string,
): HTMLElement {
  const words = h("span", { role: "status" }, label);
  const onclick = async () => {
    words.textContent = (await copy(content())) ? said.copied : said.copyFailed;
    setTimeout(() => {
      words.textContent = label;
    }, 2000);
  };
  return h("button", { type: "button", class: "small-button", "data-testid": testId, onclick: () => void onclick() }, icon("copy", 15), words);
}
