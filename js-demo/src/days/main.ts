import "../shared/base.css";
import "../shared/frame.css";
import "./page.css";
import "./day.css";
import { h, redraw } from "../shared/h";
import { onPreferences } from "../shared/preferences";
import { drawBars } from "./bars";
import { lastDates, type Day } from "./day";
import { drawDay, type Comparing } from "./day-view";
import { createGate } from "./gate";
import { createHeader } from "./header";
import { currentKey, forgetKey, keepKey } from "./key";
import { drawList } from "./list";
import { connect, ServerError } from "./server";
import { reason, text } from "./text";

const DAYS = 30;
const IDLE: Comparing = { progress: null, error: null };

const header = createHeader();
const main = h("main", {});
const skip = h("a", { class: "skip", href: "#day" });
document.body.append(skip, header.element, main);

let dates = lastDates(DAYS, Date.now());
let days: Map<string, Day> | null = null;
let chosen = dates.at(-1) ?? "";
let comparing = new Map<string, Comparing>();
let failure: unknown = null;

const gate = createGate((key) => {
  keepKey(key);
  void open();
});
onPreferences(draw);
if (currentKey() === null) draw();
else void open();

function draw(): void {
  const t = text();
  document.title = `${t.title} · wxpay`;
  skip.textContent = t.skip;
  skip.hidden = currentKey() === null || failure !== null || days === null;
  header.redraw(currentKey() === null ? null : lock);
  if (currentKey() === null) redraw(main, gate.draw(failure === null ? null : reason(failure)));
  else if (failure !== null) redraw(main, failed(failure));
  else if (days === null) redraw(main, h("p", { class: "starting", role: "status" }, h("span", { class: "spinner" }), t.loading));
  else redraw(main, ...books(days));
}

function books(days: ReadonlyMap<string, Day>): Array<HTMLElement | null> {
  const day = days.get(chosen);
  return [
    drawDay(chosen, day, comparing.get(chosen) ?? IDLE, () => void compare(chosen)),
    drawBars({ dates, days, chosen, onChoose: choose }),
    day === undefined ? null : drawList(day),
  ];
}

/** Reads the days with the key that is there; a wrong key is forgotten at once. */
async function open(): Promise<void> {
  const key = currentKey();
  if (key === null) return;
  failure = null;
  days = null;
  dates = lastDates(DAYS, Date.now());
  draw();
  try {
    const read = await connect(key).days(dates[0] ?? "", dates.at(-1) ?? "");
    days = new Map(read.map((day) => [day.date, day]));
    chosen = dates.findLast((date) => days?.has(date)) ?? dates.at(-1) ?? "";
  } catch (error) {
    failure = error;
    if (error instanceof ServerError && error.code === "unauthorized") forgetKey();
  }
  draw();
}

async function compare(date: string): Promise<void> {
  const key = currentKey();
  if (key === null) return;
  const show = (state: Comparing) => {
    comparing.set(date, state);
    draw();
  };
  show({ progress: { rows: 0, bytes: 0, differences: 0, asked: 0 }, error: null });
  try {
    const day = await connect(key).reconcile(date, (progress) => show({ progress, error: null }));
    days?.set(date, day);
    show(IDLE);
  } catch (error) {
    show({ progress: null, error: reason(error) });
  }
}

function choose(date: string): void {
  chosen = date;
  draw();
  document.getElementById(`bar-${date}`)?.focus({ preventScroll: true });
}

function lock(): void {
  forgetKey();
  days = null;
  failure = null;
  comparing = new Map();
  draw();
}

function failed(error: unknown): HTMLElement {
  return h("section", { class: "panel start-failed", role: "alert" },
    h("p", {}, reason(error)),
    h("button", { class: "primary", type: "button", onclick: () => void open() }, text().retry));
}
