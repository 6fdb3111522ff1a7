/** Keeps up with the simulator and with our books while the page is visible. */

import { userToken } from "../client";
import type { LedgerEntry, OrderView } from "../contract";
import type { Journal } from "../log/journal";
import { readBooks, type Simulator } from "../simulator";
import type { Visit } from "../visit";
import { compare, type Account } from "./accounts";

const PAUSE_MS = 500;
/** A payment that our books still miss after this time counts as lost. */
const LOST_AFTER_MS = 60_000;

export interface Live {
  readonly isDown: boolean;
  readonly ledger: readonly LedgerEntry[];
  /** One account per order of this visit, newest first. */
  accounts(): readonly Account[];
  /** Reads one order from our books now. */
  readOrder(out_trade_no: string): Promise<OrderView>;
  /** Looks again right away. */
  refresh(): Promise<void>;
  /** Waits until `probe` finds something; looks after every refresh. Gives `undefined` when the time is up. */
  until<T>(probe: () => T | undefined, signal: AbortSignal, timeout_ms?: number): Promise<T | undefined>;
  onChange(listener: () => void): void;
}

export async function startLive(simulator: Simulator, journal: Journal, visit: Visit): Promise<Live> {
  const listeners = new Set<() => void>();
  const books = new Map<string, OrderView>();
  let ledger: readonly LedgerEntry[] = [];
  let isDown = false;
  let last = (await simulator.messages(0)).last;
  let running: Promise<void> | undefined;

  const readOrder = async (out_trade_no: string) => {
    const view = await readBooks(out_trade_no, userToken());
    books.set(out_trade_no, view);
    return view;
  };
  const waitingSince = new Map<string, number>();
  const accounts = () => visit.orders.map(({ id }): Account => {
    const account = compare(id, ledger, books.get(id));
    if (account.agreement !== "waiting") waitingSince.delete(id);
    else if (!waitingSince.has(id)) waitingSince.set(id, performance.now());
    const isLost = performance.now() - (waitingSince.get(id) ?? Infinity) > LOST_AFTER_MS;
    return isLost ? { ...account, agreement: "different" } : account;
  });

  const look = async () => {
    try {
      const seen = await simulator.messages(last);
      // A simulator that was started again counts from the beginning.
      last = seen.last < last ? 0 : seen.last;
      const mentioned = seen.messages.map((message) => `${message.url ?? ""} ${message.body ?? ""}`).join("\n");
      const stale = accounts().filter(({ out_trade_no, agreement, books: known }) => {
        return known === undefined || agreement !== "equal" || mentioned.includes(out_trade_no);
      });
      // Books first: what they know as paid, the ledger read after them must know too.
      await Promise.allSettled(stale.map(({ out_trade_no }) => readOrder(out_trade_no)));
      ledger = await simulator.ledger();
      isDown = false;
      journal.addSeen(seen.messages);
    } catch {
      isDown = true;
    }
    listeners.forEach((listener) => listener());
  };

  const refresh = () => {
    running ??= look().finally(() => {
      running = undefined;
    });
    return running;
  };
  const loop = () => {
    const next = document.visibilityState === "visible" ? refresh() : Promise.resolve();
    void next.then(() => setTimeout(loop, PAUSE_MS));
  };
  loop();

  return {
    get isDown() {
      return isDown;
    },
    get ledger() {
      return ledger;
    },
    accounts,
    readOrder,
    refresh,
    onChange: (listener) => void listeners.add(listener),
    until: (probe, signal, timeout_ms) => new Promise((resolve) => {
      const finish = (found: ReturnType<typeof probe>) => {
        clearTimeout(timer);
        listeners.delete(check);
        resolve(found);
      };
      const check = () => {
        const found = probe();
        if (found !== undefined) finish(found);
      };
      const timer = timeout_ms === undefined ? undefined : setTimeout(() => finish(undefined), timeout_ms);
      signal.addEventListener("abort", () => finish(undefined), { once: true });
      listeners.add(check);
      check();
    }),
  };
}
