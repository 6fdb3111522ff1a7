import { h, type Child } from "../shared/h";
import { icon } from "../shared/icons";
import { groupedYuan } from "../shared/money";
import { currentLanguage } from "../shared/preferences";
import { beijing, differences, inWords, type Day } from "./day";
import type { Progress } from "./server";
import { text } from "./text";

/** What is going on with the day that is shown. */
export interface Comparing {
  readonly progress: Progress | null;
  readonly error: string | null;
}

/** The day as a picture: how much came, how much went back, and whether bill and books agree. */
export function drawDay(date: string, day: Day | undefined, comparing: Comparing, onCompare: () => void): HTMLElement {
  const t = text();
  const isRunning = comparing.progress !== null;
  return h("section", { class: "panel day", id: "day", "data-testid": "day", "data-date": date, tabindex: "-1" },
    h("div", { class: "day-head" },
      h("div", {},
        h("p", { class: "quiet weekday" }, inWords(date, currentLanguage(), { weekday: "long" })),
        h("h2", { class: "date" }, inWords(date, currentLanguage(), { dateStyle: "long" }))),
      badge(day),
      h("button", {
        class: day === undefined ? "primary" : "secondary", type: "button", disabled: isRunning, "data-testid": "compare", onclick: onCompare,
      }, isRunning && h("span", { class: "spinner", "aria-hidden": "true" }), day === undefined ? t.compare : t.again)),
    comparing.progress !== null && progressBar(comparing.progress),
    comparing.error !== null && h("p", { class: "failed", role: "alert", "data-testid": "failed" }, icon("busy", 18), comparing.error),
    day === undefined ? h("p", { class: "quiet advice" }, t.missingAdvice) : picture(day),
    day !== undefined && facts(day));
}

function badge(day: Day | undefined): HTMLElement {
  const t = text().state;
  const count = day === undefined ? 0 : differences(day);
  const [state, words, face] = day === undefined ? ["missing", t.missing, "hang"] as const
    : count > 0 ? ["differs", t.differs(count), "busy"] as const
    : ["agrees", day.has_bill ? t.agrees : t.noBill, "check"] as const;
  return h("p", { class: "badge", "data-state": state, "data-testid": "state", role: "status" }, icon(face, 17), words);
}

function progressBar(progress: Progress): HTMLElement {
  const t = text();
  const { rows, bytes, total_bytes, differences: found, asked } = progress;
  const words = found > 0 && total_bytes !== undefined && bytes >= total_bytes ? t.asking(asked, found) : t.comparing(rows);
  const known = total_bytes === undefined ? {} : { max: total_bytes, value: bytes };
  return h("div", { class: "progress", "data-testid": "progress" }, h("progress", { ...known, "aria-label": words }), h("p", { class: "quiet" }, words));
}

function picture(day: Day): HTMLElement {
  const t = text();
  const { paid, refunded } = day;
  const band = h("div", { class: "band", "aria-hidden": "true" }, h("i", { class: "kept" }), h("i", { class: "back" }));
  const share = paid.fee === 0 ? (refunded.fee > 0 ? 1 : 0) : Math.min(1, refunded.fee / paid.fee);
  band.style.setProperty("--back", String(share));
  return h("div", { class: "picture" },
    h("div", { class: "figures" },
      figure("net", t.net, groupedYuan(paid.fee - refunded.fee), paid.fee > 0 && refunded.fee > 0 && t.share(percent(share))),
      figure("paid", t.paid, groupedYuan(paid.fee), t.payments(paid.count)),
      figure("refunded", t.refunded, groupedYuan(refunded.fee), t.refunds(refunded.count))),
    (paid.fee > 0 || refunded.fee > 0) && band);
}

function figure(kind: string, name: string, value: string, below: Child): HTMLElement {
  return h("div", { class: "figure", "data-kind": kind },
    h("p", { class: "figure-name" }, h("i", { "aria-hidden": "true" }), name),
    h("p", { class: "figure-value", "data-testid": kind }, value),
    h("p", { class: "quiet" }, below));
}

function facts(day: Day): HTMLElement {
  const t = text().facts;
  const counted: Array<[number, (n: number) => string]> = [
    [day.rows, t.rows], [day.not_ours, t.notOurs], [day.healed, t.healed], [day.unanswered, t.unanswered], [day.near_midnight, t.nearMidnight],
  ];
  return h("ul", { class: "facts quiet" },
    counted.filter(([n]) => n > 0).map(([n, words]) => h("li", {}, words(n))),
    h("li", {}, t.finished(beijing(day.finished_ms))));
}

function percent(share: number): string {
  return new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 }).format(share);
}
