/** The preview of what a link will carry, before there is a link. */

import { h, redraw } from "../../shared/h";
import { icon } from "../../shared/icons";
import type { Reading } from "../examine";
import { copyButton } from "../result/copy-button";
import { number, text } from "../text";
import { fragmentOf, masked, MASKABLE, MAX_FRAGMENT, withoutKeys, type Maskable, type Shared } from "./link";

export interface ShareDialog {
  readonly element: HTMLDialogElement;
  open(shared: Shared, readings: readonly Reading[], secrets: readonly string[]): void;
}

export function createShareDialog(): ShareDialog {
  const element = h("dialog", { class: "dialog", "aria-labelledby": "share-heading", "data-testid": "share-dialog" });
  const masks = new Set<Maskable>(["openid", "transaction_id"]);
  element.addEventListener("close", () => element.replaceChildren());
  return {
    element,
    open(shared, readings, secrets) {
      const draw = () => drawDialog(element, prepared(shared, readings, masks, secrets), masks, draw);
      draw();
      element.showModal();
    },
  };
}

/** What will be carried, masked. Spans of a part of the box are already those of the box. */
function prepared(shared: Shared, readings: readonly Reading[], masks: ReadonlySet<Maskable>, secrets: readonly string[]): Shared {
  const inBox = (box: Reading["box"], content: string) => readings.filter((reading) => reading.box === box)
    .sort((a, b) => b.start - a.start)
    .reduce((rest, { report, inBox }) => masked(rest, report, inBox, masks, []), content);
  return {
    ...shared,
    message: withoutKeys(inBox("message", shared.message), secrets),
    other: withoutKeys(inBox("other", shared.other), secrets),
    appid: withoutKeys(shared.appid, secrets),
  };
}

function drawDialog(element: HTMLDialogElement, shared: Shared, masks: Set<Maskable>, again: () => void): void {
  const t = text().share;
  const fragment = fragmentOf(shared);
  const isLocal = location.protocol === "file:";
  const link = isLocal ? fragment : `${location.origin}${location.pathname}${fragment}`;
  const choice = (mask: Maskable) => h("label", { class: "check" },
    h("input", {
      type: "checkbox", "data-testid": `mask-${mask}`, checked: masks.has(mask),
      onchange: () => {
        if (!masks.delete(mask)) masks.add(mask);
        again();
      },
    }), t.masks[mask]);
  redraw(element,
    h("div", { class: "dialog-head" },
      h("h2", { id: "share-heading", tabindex: -1 }, t.heading),
      h("button", { type: "button", class: "icon-button", "aria-label": t.close, "data-testid": "share-close", onclick: () => element.close() }, icon("cross", 18))),
    h("p", { class: "quiet" }, t.intro),
    h("fieldset", { class: "checks" }, h("legend", {}, t.mask), MASKABLE.map(choice)),
    masks.size > 0 && h("p", { class: "quiet small" }, t.note),
    h("h3", {}, t.preview),
    h("pre", { class: "code preview", tabindex: 0, "data-testid": "share-preview" }, [shared.message, shared.other].filter(Boolean).join("\n\n")),
    link.length > MAX_FRAGMENT
      ? h("p", { class: "warning-text", role: "status" }, t.tooLong)
      : [
        h("h3", {}, t.link, " ", h("small", { class: "quiet" }, number(link.length))),
        isLocal && h("p", { class: "quiet small" }, t.localLink),
        h("textarea", { class: "line link", readonly: true, rows: 2, "aria-label": t.link, "data-testid": "share-link" }, link),
        h("div", { class: "dialog-buttons" }, copyButton("share-copy", t.copy, t, () => link)),
      ]);
}
