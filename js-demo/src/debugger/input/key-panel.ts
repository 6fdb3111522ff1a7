/** The key, other keys to try, and what the page should assume instead of guessing. */

import { h, redraw, type Child } from "../../shared/h";
import { icon } from "../../shared/icons";
import type { Keys, Outcome } from "../examine";
import { KEY_KINDS, SCENES, type KeyKind, type Scene, type SignType } from "../engine/report";
import { text } from "../text";
import { createSecretBox, type SecretBox } from "./secret-box";

export interface Assumptions {
  readonly sign_type: SignType | undefined;
  readonly scene: Scene | undefined;
  readonly sign: string;
  readonly appid: string;
  readonly url: string;
}

export interface KeyPanel {
  readonly element: HTMLElement;
  keys(): Keys;
  setKey(key: string): void;
  assumptions(): Assumptions;
  assume(assumptions: Partial<Assumptions>): void;
  /** Forgets every key. */
  forget(): void;
  redraw(): void;
  showOutcome(outcome: Outcome): void;
}

interface Candidate {
  readonly kind: HTMLSelectElement;
  readonly box: SecretBox;
  readonly result: HTMLElement;
}

const SIGN_TYPES: readonly SignType[] = ["MD5", "HMAC-SHA256"];
const MAX_CANDIDATES = 6;
const ASSUMED = ["appid", "sign", "url"] as const;

export function createKeyPanel(changed: () => void): KeyPanel {
  const main = createSecretBox("key", changed);
  const chosen: { sign_type: SignType | undefined; scene: Scene | undefined } = { sign_type: undefined, scene: undefined };
  const scene = h("select", { class: "select", id: "scene", "data-testid": "scene" });
  scene.addEventListener("change", () => {
    chosen.scene = SCENES.find((one) => one === scene.value);
    changed();
  });
  const lines = { appid: line("appid", changed), sign: line("sign", changed), url: line("url", changed) };
  const more = h("details", { class: "more" });
  const body = h("div", { class: "key-body" });
  let candidates: Candidate[] = [];
  let added = 0;
  let outcome: Outcome = { kind: "empty" };

  const add = () => {
    added += 1;
    const used = candidates.map(({ kind }) => kind.value);
    const kind = h("select", { class: "select", "data-testid": "candidate-kind" });
    const candidate: Candidate = {
      kind,
      box: createSecretBox(`candidate-${added}`, changed),
      result: h("span", { class: "fits", "data-testid": "fits", role: "status" }),
    };
    kind.addEventListener("change", () => {
      draw();
      changed();
    });
    candidates = [...candidates, candidate];
    draw();
    kind.value = KEY_KINDS.find((one) => !used.includes(one)) ?? "old";
    draw();
    candidate.box.element.querySelector("textarea")?.focus();
  };

  const remove = (candidate: Candidate) => {
    candidate.box.clear();
    candidates = candidates.filter((one) => one !== candidate);
    draw();
    body.querySelector<HTMLElement>('[data-testid="add-candidate"]')?.focus();
    changed();
  };

  const candidateRow = (candidate: Candidate): Child => {
    const t = text().key;
    const value = candidate.kind.value || "old";
    candidate.kind.replaceChildren(...KEY_KINDS.map((kind) => h("option", { value: kind }, t.kinds[kind])));
    candidate.kind.value = value;
    candidate.kind.setAttribute("aria-label", t.kindLabel);
    candidate.box.redraw(t.candidateLabel(t.kinds[value as KeyKind]));
    return h("li", { class: "candidate" },
      h("div", { class: "candidate-head" }, candidate.kind, candidate.result,
        h("button", { type: "button", class: "icon-button", "aria-label": t.remove, onclick: () => remove(candidate) }, icon("cross", 15))),
      candidate.box.element);
  };

  const drawFits = () => {
    const t = text().key;
    candidates.forEach(({ result, box }, index) => {
      const isFitting = outcome.kind === "read" ? outcome.fits[index] : undefined;
      result.dataset["fits"] = String(isFitting ?? "unknown");
      result.replaceChildren(...(isFitting === undefined
        ? [box.value() === "" ? "" : t.nothing]
        : [icon(isFitting ? "check" : "cross", 14), isFitting ? t.fits : t.fitsNot]));
    });
  };

  const draw = () => {
    const t = text().key;
    main.redraw(t.label);
    const isOpen = more.open || Object.values(lines).some((one) => one.input.value !== "");
    more.replaceChildren(h("summary", { "data-testid": "more" }, icon("chevron", 14), t.more), h("div", { class: "more-lines" },
      ASSUMED.map((name) => h("label", {}, h("span", {}, t[name]), lines[name].input, h("small", { class: "quiet" }, t[`${name}Hint`])))));
    more.open = isOpen;
    scene.replaceChildren(h("option", { value: "" }, t.automatic), ...SCENES.map((one) => h("option", { value: one }, t.scenes[one])));
    scene.value = chosen.scene ?? "";
    redraw(body,
      main.element,
      h("p", { class: "key-promise" }, icon("shield", 15), h("span", {}, t.never)),
      candidates.length > 0 && h("ul", { class: "candidates", "aria-label": t.candidates }, candidates.map(candidateRow)),
      h("button", {
        type: "button", class: "text-button", "data-testid": "add-candidate", onclick: add, disabled: candidates.length >= MAX_CANDIDATES,
      }, icon("plus", 15), t.candidate),
      h("div", { class: "choices" },
        h("span", { class: "choice-name", id: "algorithm-name" }, t.algorithm),
        h("div", { class: "segments", role: "group", "aria-labelledby": "algorithm-name" },
          [undefined, ...SIGN_TYPES].map((sign_type) => h("button", {
            type: "button", class: "segment", "data-testid": `algorithm-${sign_type ?? "auto"}`, "aria-pressed": chosen.sign_type === sign_type,
            onclick: () => {
              chosen.sign_type = sign_type;
              draw();
              changed();
            },
          }, sign_type === undefined ? t.automatic : sign_type))),
        h("label", { class: "choice-name", for: "scene" }, t.scene),
        scene),
      more);
    heading.replaceChildren(h("span", { class: "step", "aria-hidden": "true" }, "2"), t.heading);
    drawFits();
  };

  const heading = h("h2", { id: "key-heading" });
  return {
    element: h("section", { class: "panel key-panel", "aria-labelledby": "key-heading" }, h("div", { class: "panel-title" }, heading), body),
    keys: () => ({
      main: main.value(),
      candidates: candidates.map(({ kind, box }) => ({ kind: KEY_KINDS.find((one) => one === kind.value) ?? "old", key: box.value() })),
    }),
    setKey: main.set,
    assumptions: () => ({
      ...chosen, sign: lines.sign.input.value, appid: lines.appid.input.value, url: lines.url.input.value,
    }),
    assume(assumptions) {
      chosen.sign_type = assumptions.sign_type;
      chosen.scene = assumptions.scene;
      for (const name of ASSUMED) lines[name].input.value = assumptions[name] ?? "";
      draw();
    },
    forget() {
      main.clear();
      for (const { box } of candidates) box.clear();
      candidates = [];
      draw();
    },
    redraw: draw,
    showOutcome(next) {
      outcome = next;
      drawFits();
    },
  };
}

function line(name: string, changed: () => void): { readonly input: HTMLInputElement } {
  const attributes = { class: "line", id: `assume-${name}`, "data-testid": `assume-${name}`, spellcheck: "false", autocomplete: "off" };
  return { input: h("input", { ...attributes, type: "text", autocapitalize: "off", oninput: changed }) };
}
