/** The disturbances as cards: what should happen, and what did. */

import { h, redraw, type Child } from "../../shared/h";
import { icon } from "../../shared/icons";
import { text } from "../text";
import { EXPERIMENTS, experiments, type Bench, type ExperimentId, type Outcome, type Sentence } from "./experiments";

type Run =
  | { readonly state: "idle" | "armed" | "running" }
  | { readonly state: "hint"; readonly say: Sentence }
  | ({ readonly state: "done" } & Outcome);

export interface LabView {
  readonly element: HTMLElement;
  redraw(): void;
}

export function createLabView(bench: Bench): LabView {
  const runs = new Map<ExperimentId, Run>();
  const cards = new Map(EXPERIMENTS.map((id) => [id, h("li", { class: "lab-card" })] as const));
  const score = h("li", { class: "lab-card score", "data-testid": "score" });
  const head = h("div", { class: "panel-title" });
  const list = h("ul", { class: "lab-cards" }, ...cards.values(), score);
  const element = h("section", { class: "panel lab", "aria-labelledby": "lab-title" }, head, list);
  let stop = new AbortController();

  const show = (id: ExperimentId, run: Run) => {
    runs.set(id, run);
    drawCard(id);
    drawScore();
  };
  const start = async (id: ExperimentId) => {
    const state = runs.get(id)?.state;
    if (state === "armed" || state === "running") return;
    const { signal } = stop;
    try {
      const outcome = await experiments[id](bench, {
        signal,
        armed: () => show(id, { state: "armed" }),
        running: () => show(id, { state: "running" }),
      });
      if (signal.aborted) show(id, { state: "idle" });
      else show(id, outcome ? { state: "done", ...outcome } : { state: "hint", say: (t) => t.lab.needOrder });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      show(id, { state: "done", ok: false, say: (t) => t.lab.error(reason) });
    }
  };
  /** The simulator forgets all its faults at once, so all that wait are disarmed. */
  const disarm = async () => {
    await bench.simulator.disarm().catch(() => undefined);
    stop.abort();
    stop = new AbortController();
  };

  const drawCard = (id: ExperimentId) => {
    const card = cards.get(id);
    const run = runs.get(id) ?? { state: "idle" };
    card?.setAttribute("data-run", run.state);
    if (run.state === "done") card?.setAttribute("data-ok", String(run.ok));
    else card?.removeAttribute("data-ok");
    const said = h("p", { class: "lab-result", role: "status" }, result(id, run, () => void disarm()));
    if (card) redraw(card, face(id, () => void start(id)), said);
  };
  const drawScore = () => {
    const t = text().lab;
    const accounts = bench.live.accounts();
    const different = accounts.filter(({ agreement }) => agreement === "different");
    const lost = different.filter(({ books_fen, ledger_fen }) => books_fen < ledger_fen).length;
    const invented = different.length - lost;
    const done = [...runs.values()].filter(({ state }) => state === "done").length;
    redraw(score,
      h("strong", {}, t.tried(done, EXPERIMENTS.length)),
      h("progress", { max: EXPERIMENTS.length, value: done, "aria-label": t.tried(done, EXPERIMENTS.length) }),
      h("span", { "data-bad": lost > 0 }, t.lost(lost)),
      h("span", { "data-bad": invented > 0 }, t.invented(invented)));
  };
  const draw = () => {
    const t = text().lab;
    redraw(head, h("h2", { id: "lab-title" }, icon("flask", 18), t.title), h("span", { class: "quiet" }, t.intro));
    EXPERIMENTS.forEach(drawCard);
    drawScore();
  };

  bench.live.onChange(drawScore);
  draw();
  return { element, redraw: draw };
}

function face(id: ExperimentId, start: () => void): Child {
  const { name, expect } = text().lab[id];
  const attributes = { class: "lab-button", type: "button", "data-testid": `fault-${id}`, "aria-describedby": `expect-${id}` };
  return [
    h("button", { ...attributes, onclick: start }, icon(id, 18), h("span", {}, name)),
    h("p", { class: "lab-expect", id: `expect-${id}` }, expect),
  ];
}

function result(id: ExperimentId, run: Run, disarm: () => void): Child {
  const t = text();
  switch (run.state) {
    case "idle":
      return undefined;
    case "armed":
      return [
        h("span", { class: "lamp" }), t.lab.armed, " ",
        h("button", { class: "text-button", type: "button", "data-testid": `disarm-${id}`, onclick: disarm }, t.lab.disarm),
      ];
    case "running":
      return [h("span", { class: "spinner" }), t.lab.running];
    case "hint":
      return run.say(t);
    case "done":
      return [
        icon(run.ok ? "check" : "cross", 16),
        h("span", { class: "visually-hidden" }, run.ok ? t.lab.passed : t.lab.failed, ": "),
        run.say(t),
      ];
  }
}
