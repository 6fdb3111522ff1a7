import "../shared/base.css";
import "../shared/frame.css";
import "./layout.css";
import "./phone/frame.css";
import "./phone/shelf.css";
import "./phone/order.css";
import "./phone/sheet.css";
import "./log/log.css";
import "./log/details.css";
import "./lab/lab.css";
import { h, redraw } from "../shared/h";
import { onPreferences } from "../shared/preferences";
import type { DemoConfig } from "./contract";
import { createHeader, probeDebugger } from "./header";
import { createBooksView } from "./lab/books-view";
import { createLabView } from "./lab/lab-view";
import { startLive } from "./lab/live";
import { createCourier } from "./log/courier";
import { createJournal } from "./log/journal";
import { createLogView } from "./log/view";
import { createActions } from "./phone/actions";
import { owner } from "./phone/owner";
import { createPhone } from "./phone/phone";
import { connectSimulator } from "./simulator";
import { text } from "./text";
import { createUni } from "./uni";
import { createVisit } from "./visit";

const header = createHeader();
const main = h("main", {});
const skip = h("a", { class: "skip", href: "#log" });
document.body.append(skip, header.element, main);

let redrawPage = () => undefined as void;
const draw = () => {
  document.title = text().title;
  skip.textContent = text().skip;
  header.redraw();
  redrawPage();
};
onPreferences(draw);
void start();

async function start(): Promise<void> {
  redrawPage = () => redraw(main, h("p", { class: "starting", role: "status" }, h("span", { class: "spinner" }), text().start.loading));
  draw();
  try {
    await openShop((await (await fetch("/demo/config")).json()) as DemoConfig);
  } catch (error) {
    redrawPage = () => redraw(main, startFailed(error instanceof Error ? error.message : String(error)));
  }
  draw();
}

async function openShop(config: DemoConfig): Promise<void> {
  const journal = createJournal();
  const visit = createVisit();
  const simulator = connectSimulator(config.simulator);
  const live = await startLive(simulator, journal, visit);
  const phone = createPhone(config.items, visit, createActions(visit));
  globalThis.uni = createUni({
    simulator: config.simulator,
    appid: config.appid,
    courier: createCourier(journal),
    owner,
    showSheet: phone.showSheet,
  });

  let hasDebugger = false;
  const log = createLogView(journal, () => hasDebugger);
  const books = createBooksView(live);
  const lab = createLabView({ simulator, live, visit, journal });
  live.onChange(() => log.setDown(live.isDown));
  visit.onChange(() => void live.refresh());
  main.replaceChildren(phone.element, h("div", { class: "side" }, books.element, log.element, lab.element));
  redrawPage = () => [phone, books, log, lab].forEach((part) => part.redraw());

  hasDebugger = await probeDebugger();
  header.showDebugger(hasDebugger);
}

function startFailed(reason: string): HTMLElement {
  const t = text().start;
  return h("section", { class: "panel start-failed", role: "alert" },
    h("h2", {}, t.failed),
    h("p", {}, t.advice, " ", h("code", {}, "cargo xtask demo")),
    h("p", { class: "quiet mono" }, reason),
    h("button", { class: "primary", type: "button", onclick: () => void start() }, t.retry));
}
