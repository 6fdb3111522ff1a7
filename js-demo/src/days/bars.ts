import { h } from "../shared/h";
import { groupedYuan } from "../shared/money";
import { currentLanguage } from "../shared/preferences";
import { differences, inWords, type Day } from "./day";
import { text } from "./text";

export interface Bars {
  readonly dates: readonly string[];
  readonly days: ReadonlyMap<string, Day>;
  readonly chosen: string;
  readonly onChoose: (date: string) => void;
}

/** A bar a day: what was paid stands up, what went back hangs down, and a mark says where they differ. */
export function drawBars({ dates, days, chosen, onChoose }: Bars): HTMLElement {
  const t = text();
  const top = largest(dates, days, (day) => day.paid.fee);
  const low = largest(dates, days, (day) => day.refunded.fee);
  const choose = (step: number) => {
    const next = dates[dates.indexOf(chosen) + step];
    if (next !== undefined) onChoose(next);
  };
  const chart = h("div", {
    class: "bars", role: "listbox", "aria-label": t.barsLabel, "data-testid": "bars",
    onkeydown(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      choose(step);
    },
  }, dates.map((date) => bar(date, days.get(date), date === chosen, top, low, () => onChoose(date))));
  // Up and down share the height as the sums do, but whatever hangs down is always to be seen.
  const share = top + low === 0 ? 0 : Math.min(0.45, Math.max(low === 0 ? 0 : 0.08, low / (top + low)));
  chart.style.setProperty("--down", `${share * 100}%`);
  return h("section", { class: "panel recent" },
    h("div", { class: "panel-title" },
      h("h2", {}, h("span", { class: "wide-only" }, t.recent), h("span", { class: "narrow-only" }, t.recentShort)),
      h("ul", { class: "legend" },
        legend("paid", t.legend.paid), legend("refunded", t.legend.refunded), legend("differs", t.legend.differs), legend("missing", t.legend.missing))),
    chart);
}

function bar(date: string, day: Day | undefined, isChosen: boolean, top: number, low: number, onclick: () => void): HTMLElement {
  const t = text();
  const count = day === undefined ? 0 : differences(day);
  const what = day === undefined ? t.state.missing
    : [t.barPaid(groupedYuan(day.paid.fee), groupedYuan(day.refunded.fee)), ...(count > 0 ? [t.state.differs(count)] : [])].join(", ");
  const up = h("i", { class: "up" });
  const down = h("i", { class: "down" });
  up.style.setProperty("--part", String(part(day?.paid.fee, top)));
  down.style.setProperty("--part", String(part(day?.refunded.fee, low)));
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
  return h("button", {
    class: "bar", type: "button", role: "option", "aria-selected": isChosen, tabindex: isChosen ? "0" : "-1", "data-testid": `bar-${date}`, id: `bar-${date}`,
    "data-state": day === undefined ? "missing" : count > 0 ? "differs" : "agrees",
    "data-labelled": weekday === 1 || date.endsWith("-01"), title: t.barOf(inWords(date, currentLanguage(), { month: "short", day: "numeric", weekday: "short" }), what),
    onclick,
  },
    h("span", { class: "half upper" }, h("i", { class: "mark" }), up),
    h("span", { class: "half lower" }, down),
    h("span", { class: "tick" }, inWords(date, currentLanguage(), { month: "numeric", day: "numeric" })),
    h("span", { class: "visually-hidden" }, t.barOf(inWords(date, currentLanguage(), { dateStyle: "full" }), what)));
}

function largest(dates: readonly string[], days: ReadonlyMap<string, Day>, of: (day: Day) => number): number {
  return Math.max(0, ...dates.map((date) => days.get(date)).map((day) => (day === undefined ? 0 : of(day))));
}

function part(fee: number | undefined, all: number): number {
  return fee === undefined || all === 0 ? 0 : fee / all;
}

function legend(kind: string, name: string): HTMLElement {
  return h("li", { "data-kind": kind }, h("i", { "aria-hidden": "true" }), name);
}
