/** What a tap on the phone does: calls the client code and keeps the visit up to date with the server's answers. */

import { buy, logIn, pay, query, ServerRefusal } from "../client";
import type { QueryReply, Refusal, ShopItem } from "../contract";
import type { Stage, Visit } from "../visit";

const ASK_EVERY_MS = 1000;
const ASK_AT_MOST = 30;

export interface Actions {
  logIn(): Promise<void>;
  /** Logs in first if need be; gives the number of the new order. */
  buy(item: ShopItem): Promise<string>;
  pay(id: string): Promise<void>;
  /** Asks the server for the state of an order that is not settled. */
  ask(id: string): Promise<void>;
}

export function createActions(visit: Visit): Actions {
  const actions: Actions = {
    async logIn() {
      visit.logInAs(await logIn());
    },

    async buy(item) {
      if (visit.user === undefined) await actions.logIn();
      const id = await buy(item.id);
      visit.place({ id, item, total_fee: item.price_fen, trade_state: "NOTPAY", stage: "open", isAtWeChat: false });
      return id;
    },

    async pay(id) {
      visit.change(id, { stage: "starting", problem: undefined });
      try {
        await pay(id);
        visit.change(id, { stage: "confirming" });
        await askUntilPaid(visit, id);
      } catch (error) {
        await afterFailure(visit, id, error);
      }
    },

    async ask(id) {
      const before = visit.order(id);
      if (before === undefined || before.stage === "paid") return;
      const reply = await query(id);
      visit.change(id, { trade_state: reply.trade_state, total_fee: reply.total_fee, stage: stageOf(reply, before.stage) });
    },
  };
  return actions;
}

/** What went wrong, as a code and a message, wherever it went wrong. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof ServerRefusal) return error.refusal;
  const isFailure = typeof error === "object" && error !== null && "errMsg" in error;
  const text = isFailure ? String(error.errMsg) : String(error);
  const [code = "", ...rest] = text.split(" ");
  return { code, message: rest.join(" ") };
}

/** WeChat's client said "ok": ask the server until it says so too, for half a minute. */
async function askUntilPaid(visit: Visit, id: string): Promise<void> {
  for (let asked = 0; asked < ASK_AT_MOST; asked += 1) {
    const reply = await query(id);
    visit.change(id, { trade_state: reply.trade_state, total_fee: reply.total_fee, stage: stageOf(reply, "confirming") });
    if (visit.order(id)?.stage !== "confirming") return;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

/** Cancelled, refused or broken off: say why, and ask the server how the order stands. */
async function afterFailure(visit: Visit, id: string, error: unknown): Promise<void> {
  const problem = refusalOf(error);
  const isCancel = problem.code === "requestPayment:fail" && problem.message.startsWith("cancel");
  visit.change(id, { stage: isCancel ? "cancelled" : "failed", problem: isCancel ? undefined : problem });
  if (error instanceof ServerRefusal) return;
  const reply = await query(id).catch(() => undefined);
  const before = visit.order(id);
  if (reply && before) visit.change(id, { trade_state: reply.trade_state, stage: stageOf(reply, before.stage) });
}

function stageOf(reply: QueryReply, otherwise: Stage): Stage {
  if (reply.paid) return "paid";
  return reply.trade_state === "CLOSED" || reply.trade_state === "REVOKED" ? "closed" : otherwise;
}
