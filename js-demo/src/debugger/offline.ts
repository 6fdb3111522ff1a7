/** The badge is the result of a try: the page asks for a connection and the browser must refuse. */

import { h, redraw } from "../shared/h";
import { icon } from "../shared/icons";
import { text } from "./text";

export type Seal = "checking" | "sealed" | "open";

export interface OfflineBadge {
  readonly button: HTMLElement;
  readonly dialog: HTMLDialogElement;
  redraw(): void;
}

const WAIT_MS = 1500;

export function createOfflineBadge(): OfflineBadge {
  let seal: Seal = "checking";
  let policy = "";
  const button = h("button", { type: "button", class: "top-button seal", "data-testid": "seal", onclick: () => dialog.showModal() });
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "offline-heading", "data-testid": "offline-dialog" });
  const draw = () => {
    const t = text().offline;
    const isSealed = seal === "sealed";
    button.dataset["seal"] = seal;
    button.setAttribute("aria-label", seal === "open" ? t.openLabel : isSealed ? t.sealedLabel : t.checking);
    button.replaceChildren(icon(isSealed ? "shield" : "shieldOff", 17), h("span", {}, t[seal]));
    redraw(dialog,
      h("div", { class: "dialog-head" },
        h("h2", { id: "offline-heading", tabindex: -1 }, seal === "open" ? t.titleOpen : t.title),
        h("button", { type: "button", class: "icon-button", "aria-label": t.close, onclick: () => dialog.close() }, icon("cross", 18))),
      h("p", {}, seal === "open" ? t.triedOpen : t.tried),
      policy !== "" && [h("p", { class: "quiet" }, t.policy), h("pre", { class: "code", tabindex: 0 }, policy.split(/;\s*/).join(";\n"))],
      h("p", {}, t.how));
  };
  void tryToConnect().then((refused) => {
    seal = refused === undefined ? "open" : "sealed";
    policy = refused ?? "";
    draw();
  });
  return { button, dialog, redraw: draw };
}

/**
 * The policy that refused the connection. The address is a `data:` one: it is bound by `connect-src` like any other, and
 * on a page without the policy the try itself sends nothing either.
 */
function tryToConnect(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const refused = ({ disposition, effectiveDirective, originalPolicy }: SecurityPolicyViolationEvent) => {
      if (disposition !== "enforce" || effectiveDirective !== "connect-src") return;
      finish(/connect-src 'none'/.test(originalPolicy) && /form-action 'none'/.test(originalPolicy) ? originalPolicy : undefined);
    };
    const finish = (policy: string | undefined) => {
      document.removeEventListener("securitypolicyviolation", refused);
      resolve(policy);
    };
    document.addEventListener("securitypolicyviolation", refused);
    fetch("data:text/plain,may-this-page-connect").then(() => finish(undefined), () => setTimeout(() => finish(undefined), WAIT_MS));
  });
}
