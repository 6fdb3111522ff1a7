/** The control side of the simulator, and our books at the server. Not the phone: nothing here goes into the log. */

import type { LedgerEntry, OrderView, Refusal, SimMessage } from "./contract";

export interface Fault {
  readonly call: "unifiedorder" | "notice";
  readonly fault: "lose" | "double" | "system_error" | "hang" | "reset_after";
}

/** A notice that must not be believed. */
export type FalseNotice = "forged" | "wrong_amount";

export interface Simulator {
  messages(after: number): Promise<{ messages: readonly SimMessage[]; last: number }>;
  ledger(): Promise<readonly LedgerEntry[]>;
  arm(fault: Fault): Promise<void>;
  disarm(): Promise<void>;
  /** Sends a notice now and gives everything the simulator tells about the server's answer, as text. */
  sendNotice(out_trade_no: string, kind: "again" | FalseNotice): Promise<string>;
}

export function connectSimulator(simulator: string): Simulator {
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const response = await fetch(simulator + path, {
      method,
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(reason(response.status, text));
    return text;
  };
  return {
    messages: async (after) => JSON.parse(await call("GET", `/sim/messages?after=${after}`)) as never,
    ledger: async () => (JSON.parse(await call("GET", "/sim/ledger")) as { entries: LedgerEntry[] }).entries,
    arm: async (fault) => void (await call("POST", "/sim/faults", { ...fault, times: 1 })),
    disarm: async () => void (await call("DELETE", "/sim/faults")),
    sendNotice: (out_trade_no, kind) => call("POST", "/sim/notices", { out_trade_no, kind }),
  };
}

/** `GET /v1/orders/{out_trade_no}` with the user's own token. */
export async function readBooks(out_trade_no: string, token: string): Promise<OrderView> {
  const response = await fetch(`/v1/orders/${encodeURIComponent(out_trade_no)}`, { headers: { token } });
  const text = await response.text();
  if (!response.ok) throw new Error(reason(response.status, text));
  return JSON.parse(text) as OrderView;
}

/** The server's own code and message where it gave them. */
function reason(status: number, text: string): string {
  try {
    const { code, message } = JSON.parse(text) as Partial<Refusal>;
    if (code !== undefined && message !== undefined) return `${code}: ${message}`;
  } catch {
    // Not JSON: the text itself is all there is.
  }
  return `${status} ${text.slice(0, 200)}`.trim();
}
