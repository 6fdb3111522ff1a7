/** The disturbances: what each does to the world, and how it finds out what came of it. */

import type { LedgerEntry } from "../contract";
import { yuan } from "../../shared/money";
import type { Journal } from "../log/journal";
import { valueOf } from "../log/proof";
import type { Fault, FalseNotice, Simulator } from "../simulator";
import { stateName, type Dictionary } from "../text";
import { shortNo, type Visit, type VisitOrder } from "../visit";
import { isPaid } from "./accounts";
import type { Live } from "./live";

export type ExperimentId = "lose" | "double" | "forge" | "amount" | "busy" | "hang" | "reset";
export const EXPERIMENTS: readonly ExperimentId[] = ["lose", "double", "forge", "amount", "busy", "hang", "reset"];

/** Sentences are kept as functions, so that a result is translated when the language changes. */
export type Sentence = (t: Dictionary) => string;
export interface Outcome {
  readonly ok: boolean;
  readonly say: Sentence;
}

export interface Bench {
  readonly simulator: Simulator;
  readonly live: Live;
  readonly visit: Visit;
  readonly journal: Journal;
}

/** What an experiment tells while it runs. */
export interface Reporter {
  readonly signal: AbortSignal;
  armed(): void;
  running(): void;
}

/** `undefined`: it was disarmed, or there is no order yet to try it on. */
export type Experiment = (bench: Bench, report: Reporter) => Promise<Outcome | undefined>;

const PATIENCE_MS = 60_000;

export const experiments: Record<ExperimentId, Experiment> = {
  lose: async (bench, report) => {
    await arm(bench, report, "notice", "lose");
    const paid = await nextPayment(bench, report);
    if (paid === undefined) return undefined;
    const agreed = await agreement(bench, report, paid.out_trade_no);
    const seconds = ((Date.now() - lastPaymentAt(bench)) / 1000).toFixed(1);
    const order = shortNo(paid.out_trade_no);
    return { ok: agreed, say: (t) => (agreed ? t.lab.lose.found(order, seconds) : t.lab.lose.missing(order)) };
  },

  double: async (bench, report) => {
    const before = paidOrder(bench);
    if (before !== undefined) {
      report.running();
      const answer = await answerToNotice(bench, before.id, "again");
      return afterDouble(bench, report, before.id, answer);
    }
    await arm(bench, report, "notice", "double");
    const paid = await nextPayment(bench, report);
    if (paid === undefined) return undefined;
    const answers = await bench.live.until(() => {
      const found = noticeAnswers(bench, paid.out_trade_no);
      return found.length >= 2 ? found : undefined;
    }, report.signal, PATIENCE_MS);
    return afterDouble(bench, report, paid.out_trade_no, (answers ?? []).join(", "));
  },

  forge: (bench, report) => sendFalse(bench, report, "forged", unpaidOrder(bench) ?? paidOrder(bench)),
  amount: (bench, report) => sendFalse(bench, report, "wrong_amount", paidOrder(bench) ?? unpaidOrder(bench)),
  busy: (bench, report) => disturbPay(bench, report, "system_error"),
  hang: (bench, report) => disturbPay(bench, report, "hang"),
  reset: (bench, report) => disturbPay(bench, report, "reset_after"),
};

async function arm(bench: Bench, report: Reporter, call: Fault["call"], fault: Fault["fault"]): Promise<void> {
  await bench.simulator.arm({ call, fault });
  report.armed();
}

/** The first payment of an order of this visit that WeChat's ledger did not have before. */
async function nextPayment({ live, visit }: Bench, report: Reporter): Promise<LedgerEntry | undefined> {
  const known = new Set(live.ledger.map((entry) => entry.transaction_id));
  const paid = await live.until(
    () => live.ledger.find((entry) => !known.has(entry.transaction_id) && visit.order(entry.out_trade_no)),
    report.signal,
  );
  if (paid) report.running();
  return paid;
}

/** When the cashier told the phone that the user has paid. */
function lastPaymentAt({ journal }: Bench): number {
  return journal.messages.findLast((message) => message.call === "cashier" && message.reply)?.at_ms ?? Date.now();
}

async function agreement({ live }: Bench, report: Reporter, out_trade_no: string): Promise<boolean> {
  const isEqual = () => {
    const account = live.accounts().find((one) => one.out_trade_no === out_trade_no);
    return (account?.payments === 1 && account.agreement === "equal") || undefined;
  };
  return (await live.until(isEqual, report.signal, PATIENCE_MS)) === true;
}

async function afterDouble(bench: Bench, report: Reporter, out_trade_no: string, answer: string): Promise<Outcome> {
  await bench.live.refresh();
  const agreed = await agreement(bench, report, out_trade_no);
  const times = bench.live.accounts().find((one) => one.out_trade_no === out_trade_no)?.payments ?? 0;
  const ok = agreed && /^SUCCESS(, SUCCESS)?$/.test(answer);
  return { ok, say: (t) => t.lab.double.done(shortNo(out_trade_no), answer, times) };
}

/** Sends a notice that must not be believed, and compares the order before and after. */
async function sendFalse(
  bench: Bench,
  report: Reporter,
  kind: FalseNotice,
  order: VisitOrder | undefined,
): Promise<Outcome | undefined> {
  if (order === undefined) return undefined;
  report.running();
  const before = await bench.live.readOrder(order.id);
  const answer = await answerToNotice(bench, order.id, kind);
  const after = await bench.live.readOrder(order.id);
  await bench.live.refresh();
  const name = shortNo(order.id);
  const same = before.trade_state === after.trade_state && before.total_fee === after.total_fee;
  if (kind === "forged") {
    const ok = same && !answer.startsWith("SUCCESS");
    return { ok, say: (t) => (same ? t.lab.forge.done : t.lab.forge.changed)(name, answer, stateName(after.trade_state)) };
  }
  const noted = after.anomalies.length;
  const ok = before.total_fee === after.total_fee && (same || noted > before.anomalies.length);
  const say: Sentence = (t) => {
    const done = t.lab.amount.done(name, answer, stateName(after.trade_state), yuan(after.total_fee));
    return noted > 0 ? done + t.lab.amount.noted(noted) : done;
  };
  return { ok, say };
}

/** Waits for the next time the server asks WeChat for an order because the phone wants to pay. */
async function disturbPay(bench: Bench, report: Reporter, fault: Fault["fault"]): Promise<Outcome | undefined> {
  const earlier = new Set(bench.journal.messages);
  await arm(bench, report, "unifiedorder", fault);
  const paid = await bench.live.until(() => {
    const fresh = bench.journal.messages.filter((message) => !earlier.has(message));
    const tries = fresh.filter((message) => message.call === "unifiedorder" && !message.reply).length;
    if (tries > 0) report.running();
    const reply = fresh.find((message) => message.call === "pay" && message.reply);
    return reply && tries > 0 ? { reply, tries } : undefined;
  }, report.signal);
  if (paid === undefined) return undefined;
  const { reply, tries } = paid;
  if (reply.status === 200) return { ok: true, say: (t) => t.lab.payOk(tries) };
  const code = /"code"\s*:\s*"([^"]+)"/.exec(reply.body)?.[1];
  return { ok: code !== undefined, say: (t) => t.lab.payRefused(tries, code ?? String(reply.status ?? t.log.noReply)) };
}

/** The server's answer to a notice: `SUCCESS`, or `FAIL` with the reason it gave. */
async function answerToNotice({ simulator }: Bench, out_trade_no: string, kind: "again" | FalseNotice): Promise<string> {
  const told = await simulator.sendNotice(out_trade_no, kind);
  const code = valueOf("return_code", told);
  if (code === undefined) return told.slice(0, 120);
  const reason = valueOf("return_msg", told);
  return code === "FAIL" && reason && reason !== code ? `FAIL (${reason})` : code;
}

function noticeAnswers({ journal }: Bench, out_trade_no: string): string[] {
  const sent = journal.messages.filter((one) => one.call === "notice" && !one.reply && one.body.includes(out_trade_no));
  const answers = journal.messages.filter((one) => one.reply && sent.some(({ exchange }) => exchange === one.exchange));
  return answers.map(({ body }) => valueOf("return_code", body) ?? "?");
}

/** The newest order that both sides know as paid. */
function paidOrder({ live, visit }: Bench): VisitOrder | undefined {
  const paid = live.accounts().find(({ payments, books }) => payments > 0 && books && isPaid(books));
  return paid && visit.order(paid.out_trade_no);
}

/** The newest order that WeChat knows and nobody has paid. */
function unpaidOrder({ live, visit }: Bench): VisitOrder | undefined {
  const unpaid = new Set(live.accounts().filter(({ payments }) => payments === 0).map(({ out_trade_no }) => out_trade_no));
  return visit.orders.find(({ id, isAtWeChat }) => isAtWeChat && unpaid.has(id));
}
