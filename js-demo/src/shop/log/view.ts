/** The log on the screen: one row per message on three lanes, oldest at the top, the newest kept in view. */

import { h, redraw } from "../../shared/h";
import { icon } from "../../shared/icons";
import { text } from "../text";
import type { Journal } from "./journal";
import { PARTIES, type LogMessage } from "./message";
import { proofOf, type Proof } from "./proof";
import { row } from "./row";

export interface LogView {
  readonly element: HTMLElement;
  redraw(): void;
  setDown(isDown: boolean): void;
}

interface Row {
  readonly element: HTMLElement;
  readonly proof: Proof | undefined;
}

export function createLogView(journal: Journal, hasDebugger: () => boolean): LogView {
  const rows = new Map<string, Row>();
  const open = new Set<string>();
  const head = h("div", { class: "log-head" });
  const list = h("ol", { class: "log-list" });
  const scroller = h("div", { class: "log-scroll", tabindex: 0, role: "group" });
  const newest = h("button", { class: "log-newest", type: "button", onclick: () => toEnd() });
  const element = h("section", { class: "panel log", id: "log", tabindex: -1, "aria-labelledby": "log-title" }, head, scroller, newest);
  let isDown = false;
  let isAtEnd = true;
  let seen = 0;

  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
  };
  const toggle = (message: LogMessage) => {
    if (!open.delete(message.id)) open.add(message.id);
    replace(message);
    rows.get(message.id)?.element.querySelector("button")?.focus({ preventScroll: true });
    element.toggleAttribute("data-open", open.size > 0);
    if (open.has(message.id)) rows.get(message.id)?.element.scrollIntoView({ block: "nearest" });
  };
  const build = (message: LogMessage): Row => {
    const proof = proofOf(message, journal.messages);
    const request = message.reply ? journal.messages.find((one) => one.exchange === message.exchange && !one.reply) : undefined;
    const isOpen = open.has(message.id);
    return { proof, element: row(message, { request, proof, isOpen, hasDebugger: hasDebugger(), toggle: () => toggle(message) }) };
  };
  const replace = (message: LogMessage) => {
    const next = build(message);
    rows.get(message.id)?.element.replaceWith(next.element);
    rows.set(message.id, next);
  };

  /** Adds what is new and changes what is judged anew; rows that stay the same are left alone. */
  const update = () => {
    const kept = new Set(journal.messages.map(({ id }) => id));
    for (const [id, { element: gone }] of rows) if (!kept.has(id)) (gone.remove(), rows.delete(id));
    journal.messages.forEach((message, at) => {
      const known = rows.get(message.id);
      if (known === undefined) {
        rows.set(message.id, build(message));
      } else if (known.proof !== proofOf(message, journal.messages)) {
        replace(message);
      }
      const wanted = rows.get(message.id)?.element;
      if (wanted && list.children[at] !== wanted) list.insertBefore(wanted, list.children[at] ?? null);
    });
    drawHead();
    if (isAtEnd) toEnd();
    drawNewest();
  };
  const drawNewest = () => {
    if (isAtEnd) seen = journal.messages.length;
    const unseen = journal.messages.length - seen;
    newest.hidden = unseen <= 0;
    if (unseen > 0) redraw(newest, icon("down", 16), text().log.unseen(unseen));
  };
  const drawHead = () => {
    const t = text().log;
    const count = journal.messages.length;
    redraw(head, title(count, () => journal.clear()), isDown && h("p", { class: "log-down", role: "status" }, t.down), lanesHead());
    scroller.setAttribute("aria-label", t.list);
    redraw(scroller, count === 0 ? nothingYet() : list);
  };

  scroller.addEventListener("scroll", () => {
    isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 24;
    drawNewest();
  });
  journal.onChange(update);
  drawHead();
  return {
    element,
    redraw() {
      rows.clear();
      list.replaceChildren();
      update();
    },
    setDown(next) {
      if (next !== isDown) {
        isDown = next;
        drawHead();
      }
    },
  };
}

function title(count: number, clear: () => void): HTMLElement {
  const t = text().log;
  return h("div", { class: "panel-title" },
    h("h2", { id: "log-title" }, icon("chat", 18), t.title),
    h("span", { class: "quiet", "data-testid": "log-count" }, t.count(count)),
    h("button", { class: "text-button", type: "button", "data-testid": "log-clear", onclick: clear }, t.clear));
}

function lanesHead(): HTMLElement {
  const t = text().log;
  const names = PARTIES.map((party) => h("span", { "data-party": party }, icon(party, 15), h("b", {}, t.parties[party])));
  return h("div", { class: "row-grid lanes-head" },
    h("span", { class: "lanes-names" }, names),
    h("span", {}, t.columns.message),
    h("span", { class: "row-end" }, t.columns.time));
}

function nothingYet(): HTMLElement {
  const t = text().log;
  return h("div", { class: "log-empty" }, icon("chat", 32), h("strong", {}, t.emptyTitle), h("span", {}, t.emptyHint));
}
