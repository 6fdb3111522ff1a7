/** The verdict in one sentence, and which of the page's states it is. */

import type { Outcome, Reading } from "../examine";
import { clause, say, text } from "../text";
import type { Lint, Report } from "../engine/report";

export type Tone = "good" | "mixed" | "bad" | "quiet";
export type State =
  | "empty" | "too_large" | "failed" | "malformed" | "no_key" | "unsigned" | "match" | "match_but" | "match_compare"
  | "found" | "suspected" | "unexplained";

export interface Summary {
  readonly state: State;
  readonly tone: Tone;
  readonly headline: string;
}

export function summaryOf(outcome: Outcome, shown: number): Summary {
  const t = text().verdict;
  if (outcome.kind === "empty") return { state: "empty", tone: "quiet", headline: t.empty };
  if (outcome.kind === "too_large") return { state: "too_large", tone: "bad", headline: t.too_large };
  if (outcome.kind === "refused") return { state: "malformed", tone: "bad", headline: t.malformed };
  if (outcome.kind === "read") return summarise(outcome.readings[shown] ?? outcome.readings[0]);
  return { state: "failed", tone: "bad", headline: t.failed };
}

export function summarise({ report }: Reading): Summary {
  const t = text().verdict;
  const refund = report.scene === "refund_notice";
  switch (report.verdict) {
    case "malformed":
      return { state: "malformed", tone: "bad", headline: t.malformed };
    case "no_key":
      return { state: "no_key", tone: "quiet", headline: refund ? t.refund_no_key : report.given ? t.no_key : t.no_key_unsigned };
    case "unsigned":
      return { state: "unsigned", tone: "quiet", headline: hasFailed(report) ? t.failure_unsigned : t.unsigned };
    case "match":
      return matching(report);
    case "mismatch":
      return mismatching(report);
  }
}

/** What makes a right signature useless all the same. Findings about the key say nothing once it fits. */
export function troubles({ lints }: Report): Lint[] {
  return lints.filter(({ id, weight }) => weight !== "info" && !id.startsWith("A") && id !== "F6");
}

function matching(report: Report): Summary {
  const t = text().verdict;
  const [trouble] = troubles(report);
  const [cause] = report.causes;
  if (trouble) return { state: "match_but", tone: "mixed", headline: clause(t.match_but, say(trouble.title)) };
  if (cause) return { state: "match_compare", tone: "mixed", headline: clause(t.match_compare, say(cause.title)) };
  return { state: "match", tone: "good", headline: report.scene === "refund_notice" ? t.refund_match : t.match };
}

function mismatching(report: Report): Summary {
  const t = text().verdict;
  const refund = report.scene === "refund_notice";
  const [cause] = report.causes;
  if (cause === undefined) return { state: "unexplained", tone: "bad", headline: refund ? t.refund_unexplained : t.unexplained };
  if (!cause.proved) return { state: "suspected", tone: "bad", headline: clause(t.suspected, say(cause.title)) };
  return { state: "found", tone: "bad", headline: clause(refund ? t.refund_found : t.found, say(cause.title)) };
}

/** WeChat signs no failure. */
export function hasFailed(report: Report): boolean {
  return report.lints.some(({ id }) => id === "H5");
}
