/** One message in the log: its arrow on the lanes, its name, what matters in it, and when it was. */

import { h, type Child } from "../../shared/h";
import { icon } from "../../shared/icons";
import { text } from "../text";
import { details } from "./details";
import { gist } from "./gist";
import { PARTIES, type LogMessage } from "./message";
import type { Proof } from "./proof";

const PROOF_ICONS = { verified: "shield", refused: "shieldOff", signed: "signature" } as const;
/** What the simulator notes of a message that went well; the badges say that already. */
const ALL_IS_WELL = /^(accepted|signature verified \([^)]*\))$/;

export interface RowState {
  /** The request that this message answers. */
  readonly request: LogMessage | undefined;
  readonly proof: Proof | undefined;
  readonly isOpen: boolean;
  readonly hasDebugger: boolean;
  toggle(): void;
}

export function row(message: LogMessage, state: RowState): HTMLElement {
  return h("li", {
    class: "log-row",
    "data-testid": "log-row",
    "data-call": message.call,
    "data-from": message.from,
    "data-to": message.to,
    "data-reply": message.reply,
    "data-failed": hasFailed(message, state.proof),
  },
    h("button", { class: "row-grid row-button", type: "button", "aria-expanded": state.isOpen, onclick: () => state.toggle() },
      lanes(message),
      h("span", { class: "row-words" }, title(message, state.proof), summary(message)),
      h("span", { class: "row-end" }, status(message), h("span", { class: "mono quiet" }, clock(message, state.request))),
      icon("chevron", 16)),
    state.isOpen && details(message, state.hasDebugger));
}

/** The arrow between two of the three lanes. The words are said beside it. */
function lanes({ from, to, reply }: LogMessage): HTMLElement {
  const [start, end] = [PARTIES.indexOf(from), PARTIES.indexOf(to)];
  return h("span", {
    class: "lanes",
    "aria-hidden": true,
    "data-left": Math.min(start, end),
    "data-right": Math.max(start, end),
    "data-way": start < end ? "right" : "left",
    "data-party": from,
    "data-reply": reply,
  }, h("i", { class: "arrow" }), h("i", { class: "dot" }));
}

function title(message: LogMessage, proof: Proof | undefined): HTMLElement {
  const t = text().log;
  const name = message.call ? t.calls[message.call] : message.title;
  return h("span", { class: "row-title" },
    h("span", { class: "visually-hidden" }, t.direction(t.parties[message.from], t.parties[message.to]), ": "),
    h("strong", {}, name),
    message.reply && h("em", {}, t.reply),
    proof && h("span", { class: "proof", "data-proof": proof }, icon(PROOF_ICONS[proof], 14), t.proof[proof]));
}

function summary(message: LogMessage): HTMLElement {
  const isWorthSaying = message.note !== "" && !ALL_IS_WELL.test(message.note);
  return h("span", { class: "row-gist mono" }, gist(message), isWorthSaying && h("i", {}, message.note));
}

function status(message: LogMessage): Child {
  if (!message.reply) return false;
  if (message.status === undefined) return h("span", { class: "pill bad" }, text().log.noReply);
  return h("span", { class: message.status >= 400 ? "pill bad" : "pill" }, message.status);
}

/** A request shows the time of day, an answer how long it took. */
function clock(message: LogMessage, request: LogMessage | undefined): string {
  if (request) return text().log.after(message.at_ms - request.at_ms);
  const date = new Date(message.at_ms);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function hasFailed(message: LogMessage, proof: Proof | undefined): boolean {
  const wasNotAnswered = message.reply && message.status === undefined;
  const wasNotSent = message.note.startsWith("fault lose");
  return (message.status ?? 200) >= 400 || proof === "refused" || wasNotAnswered || wasNotSent;
}
