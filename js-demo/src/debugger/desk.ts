/** The whole tool: boxes above, verdict and panels below, and what happens in between. */

import { h } from "../shared/h";
import { examine, type Inputs, type Outcome, type Reading } from "./examine";
import type { Example } from "./examples";
import type { Field } from "./engine/report";
import { followCaret } from "./input/caret";
import { createKeyPanel } from "./input/key-panel";
import { createMessagePanel } from "./input/message-panel";
import { takePastes } from "./input/paste";
import { createLight } from "./light";
import { marksOf } from "./marks";
import { createCanonicalPanel } from "./result/canonical";
import { createFieldsPanel } from "./result/fields";
import { createSignsPanel } from "./result/signs";
import { createTriedPanel } from "./result/tried";
import { createVerdict } from "./result/verdict";
import { createShareDialog } from "./share/dialog";
import { readFragment } from "./share/link";
import { createUndo } from "./undo";

export interface Desk {
  readonly element: HTMLElement;
  redraw(): void;
  /** Takes the message out of a link's fragment, and the fragment out of the address. */
  openLink(fragment: string): void;
}

/** Typing is answered after a short rest, a paste at once. */
const REST_MS = 120;

export function createDesk(): Desk {
  const light = createLight();
  let outcome: Outcome = { kind: "empty" };
  let shown = 0;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const examineSoon = () => {
    clearTimeout(resting);
    resting = setTimeout(examineNow, REST_MS);
  };
  const message = createMessagePanel({
    changed: examineSoon,
    example: (example) => replace(() => putExample(example)),
    clear: () => replace(() => put({ message: "" })),
    share: () => share.open({ ...inputs() }, outcome.kind === "read" ? outcome.readings : [], secrets()),
  });
  const key = createKeyPanel(examineSoon);
  const share = createShareDialog();
  const undo = createUndo();
  const verdict = createVerdict({
    example: (example) => replace(() => putExample(example)),
    retry: () => examineNow(),
    show: (reading) => {
      shown = reading;
      light.set(undefined);
      drawOutcome();
    },
    locate: ({ box, inBox }, span) => message.boxes[box].reveal(...inBox(span)),
  });
  const fields = createFieldsPanel(light, (field) => locate(field));
  const canonical = createCanonicalPanel(light);
  const signs = createSignsPanel();
  const tried = createTriedPanel();
  const results = h("div", { class: "results" }, fields.element, h("div", { class: "results-side" }, canonical.element, signs.element));
  const element = h("main", {}, h("div", { class: "inputs" }, message.element, key.element), undo.element, verdict.element, results, tried.element, share.element);

  const inputs = (): Inputs => ({
    message: message.boxes.message.value(),
    other: message.boxes.other.value(),
    format: message.format(),
    ...key.assumptions(),
  });
  const secrets = () => [key.keys().main, ...key.keys().candidates.map((candidate) => candidate.key)];
  const current = (): Reading | undefined => (outcome.kind === "read" ? outcome.readings[shown] : undefined);

  const examineNow = () => {
    clearTimeout(resting);
    outcome = examine(inputs(), key.keys());
    if (outcome.kind !== "read" || shown >= outcome.readings.length) shown = 0;
    light.set(undefined);
    drawOutcome();
  };
  const drawOutcome = () => {
    message.showOutcome(outcome);
    key.showOutcome(outcome);
    verdict.redraw(outcome, shown);
    const reading = current();
    const isRead = reading !== undefined && reading.report.verdict !== "malformed";
    results.hidden = !isRead;
    tried.element.hidden = !isRead;
    if (isRead) for (const panel of [fields, canonical, signs, tried]) panel.redraw(reading);
    paint();
  };
  const paint = () => {
    const field = light.lit();
    const lit = field === undefined ? undefined : { reading: shown, field };
    for (const box of ["message", "other"] as const) {
      message.boxes[box].mark(marksOf(outcome, box, message.boxes[box].value(), lit, secrets()));
    }
    const span = field === undefined ? undefined : current()?.report.fields[field]?.value_span;
    const reading = current();
    if (span && reading && !isTyping()) message.boxes[reading.box].reveal(reading.inBox(span)[0]);
  };
  const isTyping = () => document.activeElement instanceof HTMLTextAreaElement;
  light.follow(paint);

  const locate = ({ name_span, value_span }: Field) => {
    const reading = current();
    const span = value_span ?? name_span;
    if (reading && span) message.boxes[reading.box].reveal(...reading.inBox(span));
  };
  for (const box of ["message", "other"] as const) {
    const { area } = message.boxes[box];
    followCaret(area, light, () => (current()?.box === box ? current() : undefined));
    area.addEventListener("paste", () => setTimeout(examineNow));
  }

  const put = (next: Partial<Inputs>) => {
    message.boxes.message.set(next.message ?? "");
    message.boxes.other.set(next.other ?? "");
    message.showSecond((next.other ?? "") !== "");
    message.chooseFormat(next.format);
    key.assume(next);
    shown = 0;
    examineNow();
  };
  const putExample = (example: Example) => {
    key.setKey(example.key);
    put({ message: example.message, appid: example.appid ?? "", sign_type: example.sign_type });
  };
  /** Whatever replaces the text can be taken back, the key included. */
  const replace = (change: () => void) => {
    const before = inputs();
    const main = key.keys().main;
    change();
    if (before.message.trim() === "") return;
    undo.offer(() => {
      key.setKey(main);
      put(before);
      message.boxes.message.area.focus();
    });
  };
  takePastes(element, (pasted) => replace(() => {
    message.boxes.message.set(pasted);
    shown = 0;
    examineNow();
    message.boxes.message.area.focus();
  }));
  addEventListener("pagehide", () => {
    undo.forget();
    key.forget();
    examineNow();
  });

  return {
    element,
    redraw() {
      message.redraw();
      key.redraw();
      undo.redraw();
      drawOutcome();
    },
    openLink(fragment) {
      const shared = readFragment(fragment);
      if (shared === undefined) return;
      history.replaceState(null, "", location.pathname + location.search);
      replace(() => put(shared));
    },
  };
}
