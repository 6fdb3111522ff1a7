/** The verdict: one sentence first, then its proof and the way out. */

import { h, redraw, type Child } from "../../shared/h";
import { icon, type IconName } from "../../shared/icons";
import { MAX_BYTES } from "../engine/engine";
import type { Cause, Lint, Report } from "../engine/report";
import type { Outcome, Reading } from "../examine";
import { EXAMPLES, type Example } from "../examples";
import { exampleButton } from "../input/message-panel";
import { clause, number, say, text } from "../text";
import { causeView } from "./cause";
import { checklist, type ChecklistChoice } from "./checklist";
import { conclusion } from "./conclusion";
import { copyButton } from "./copy-button";
import { fixView } from "./fix";
import { malformedView } from "./malformed";
import { lookedFor } from "./tried";
import { hasFailed, summarise, summaryOf, troubles, type State, type Tone } from "./summary";

export interface Verdict {
  readonly element: HTMLElement;
  redraw(outcome: Outcome, shown: number): void;
}

export interface VerdictActions {
  example(example: Example): void;
  retry(): void;
  show(reading: number): void;
  locate(reading: Reading, span: readonly [number, number]): void;
}

const ICONS: Readonly<Record<Tone, IconName>> = { good: "check", mixed: "busy", bad: "cross", quiet: "signature" };
const FIRST_EXAMPLES = ["milliseconds", "trade_mark", "no_second_signing"];
/** Lists longer than this are cut; the fields panel shows them all. */
const MAX_FINDINGS = 8;

export function createVerdict(actions: VerdictActions): Verdict {
  const sentence = h("p", { class: "verdict-sentence", id: "verdict-sentence", role: "status", "data-testid": "verdict", tabindex: -1 });
  const sign = h("span", { class: "verdict-sign", "aria-hidden": "true" });
  const side = h("div", { class: "verdict-side" });
  const line = h("p", { class: "verdict-line quiet" });
  const body = h("div", { class: "verdict-body" });
  const switcher = h("div", { class: "verdict-switch" });
  const head = h("div", { class: "verdict-head" }, sign, h("div", { class: "verdict-words" }, sentence, line), side);
  const element = h("section", { class: "panel verdict", id: "verdict" }, switcher, head, body);
  const choice: ChecklistChoice = { chosen: undefined };

  return {
    element,
    redraw(outcome, shown) {
      const t = text().verdict;
      const summary = summaryOf(outcome, shown);
      element.setAttribute("aria-label", t.region);
      element.dataset["state"] = summary.state;
      element.dataset["tone"] = summary.tone;
      sign.replaceChildren(icon(ICONS[summary.tone], 24));
      // The same sentence again is not announced again.
      if (sentence.textContent !== summary.headline) sentence.textContent = summary.headline;
      const reading = outcome.kind === "read" ? outcome.readings[shown] ?? outcome.readings[0] : undefined;
      redraw(line, lineOf(outcome, reading, summary.state));
      redraw(side, outcome.kind === "read" && summary.state !== "malformed" && copyButtons(outcome));
      redraw(switcher, outcome.kind === "read" && outcome.readings.length > 1 && switchOf(outcome.readings, shown, actions.show));
      redraw(body, bodyOf(outcome, reading, summary.state, choice, actions));
    },
  };
}

function lineOf(outcome: Outcome, reading: Reading | undefined, state: State): Child[] {
  const t = text();
  if (state === "empty") return [t.verdict.emptyMore];
  if (outcome.kind === "too_large") return [t.malformed.too_large(number(outcome.bytes), number(MAX_BYTES))];
  if (outcome.kind === "failed") return [t.failed.text(outcome.code)];
  if (outcome.kind === "refused") return [t.malformed.refused(outcome.code)];
  if (reading === undefined || outcome.kind !== "read") return [];
  const { report } = reading;
  const count = report.tried.singles + report.tried.pairs;
  return [
    state !== "malformed" && h("span", {}, report.scene === "refund_notice" ? t.key.scenes.refund_notice : `${t.key.scenes[report.scene]} · ${report.sign_type}`),
    count > 0 && h("span", {}, t.verdict.tried(number(count), milliseconds(outcome.took_ms))),
  ];
}

function milliseconds(took_ms: number): string {
  return took_ms < 1 ? "<1" : number(Math.round(took_ms));
}

function copyButtons(outcome: Outcome & { readonly kind: "read" }): Child[] {
  const t = text().verdict;
  return [
    h("span", { class: "quiet copy-label" }, t.copy),
    copyButton("copy-text", t.copyText, t, () => conclusion(outcome.readings, "text")),
    copyButton("copy-markdown", t.copyMarkdown, t, () => conclusion(outcome.readings, "markdown")),
  ];
}

function switchOf(readings: readonly Reading[], shown: number, show: (reading: number) => void): Child {
  const t = text();
  return h("div", { class: "segments", role: "group", "aria-label": t.verdict.switch }, readings.map((reading, index) => {
    const { tone } = summarise(reading);
    return h("button", {
      type: "button", class: "segment", "data-testid": `reading-${index}`, "data-tone": tone, "aria-pressed": index === shown,
      onclick: () => show(index),
    }, icon(ICONS[tone], 15), t.key.scenes[reading.report.scene]);
  }));
}

function bodyOf(
  outcome: Outcome, reading: Reading | undefined, state: State, choice: ChecklistChoice, actions: VerdictActions,
): Child[] {
  const t = text();
  if (state === "empty") {
    return [
      h("div", { class: "first-examples" }, EXAMPLES.filter(({ id }) => FIRST_EXAMPLES.includes(id))
        .map((example) => exampleButton(example, actions.example, "first"))),
      h("h3", { class: "looked-for-heading" }, t.tried.looksFor),
      lookedFor(),
    ];
  }
  if (outcome.kind === "failed") {
    return [h("button", { type: "button", class: "small-button", "data-testid": "retry", onclick: actions.retry }, t.failed.retry)];
  }
  if (reading === undefined) return [];
  const { report } = reading;
  if (report.verdict === "malformed") return [malformedView(reading, (span) => actions.locate(reading, span))];
  return [
    ...causes(report),
    state === "unsigned" && !hasFailed(report) && toSend(report),
    state === "unexplained" && checklist(report, choice),
    state === "match" && report.advice.length > 0 && report.scene !== "refund_notice" && refusedAllTheSame(report),
    findings(reading, state, actions),
  ];
}

function causes({ causes: all, string_to_sign }: Report): Child[] {
  const [first, ...others] = all;
  if (first === undefined) return [];
  return [
    causeView(first, string_to_sign, true),
    others.length > 0 && h("div", { class: "other-causes" },
      first.proved && others.every(({ proved }) => proved) && h("h3", {}, text().verdict.also),
      others.map((cause: Cause) => causeView(cause, string_to_sign, false))),
  ];
}

function toSend({ signatures, sign_type }: Report): Child {
  const right = sign_type === "MD5" ? signatures?.md5 : signatures?.hmac_sha256;
  if (right === undefined) return false;
  const t = text().verdict;
  return h("div", { class: "to-send" },
    h("span", { class: "quiet" }, `${t.sendThis} (${sign_type})`),
    h("code", { "data-testid": "to-send" }, right),
    copyButton("copy-sign", text().signs.copy, t, () => right));
}

function refusedAllTheSame({ advice }: Report): Child {
  return h("details", { class: "refused" },
    h("summary", {}, icon("chevron", 14), text().verdict.refused),
    h("ol", { class: "ranked" }, advice.map((row) => h("li", {}, h("b", {}, say(row.title)), row.advice && h("span", {}, say(row.advice))))));
}

function findings(reading: Reading, state: State, { locate }: VerdictActions): Child {
  const t = text().findings;
  const shown = [...troubles(reading.report), ...reading.report.lints.filter(({ weight, id }) => weight === "info" && id !== "A2")];
  if (shown.length === 0) return false;
  const row = (lint: Lint) => h("li", { "data-weight": lint.weight },
    h("span", { class: "weight" }, icon(lint.weight === "info" ? "info" : "busy", 14), t.weights[lint.weight]),
    h("div", {},
      h("b", {}, lint.field ? clause(lint.field, say(lint.title)) : say(lint.title)),
      lint.advice && h("p", {}, say(lint.advice)),
      lint === shown[0] && state === "match_but" && fixView(lint.fixes)),
    lint.span && h("button", {
      type: "button", class: "text-button", "data-testid": `locate-${lint.id}`, onclick: () => locate(reading, lint.span ?? [0, 0]),
    }, t.show));
  return h("section", { class: "findings" }, h("h3", {}, state === "match_but" ? t.main : t.heading), h("ul", {}, shown.slice(0, MAX_FINDINGS).map(row)));
}
