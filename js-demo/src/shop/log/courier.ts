/** Carries what the phone sends, and notes both the message and its answer in the journal. Tokens are masked there. */

import type { Journal } from "./journal";
import { callOf, pathOf, type Party } from "./message";

const MASK = "••••••••";

export interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly header?: Record<string, string>;
  readonly body?: string;
}

export interface Courier {
  /** Fails with the network's own words when no answer came. */
  send(to: "server" | "wechat", message: Outgoing): Promise<{ status: number; text: string }>;
}

export function createCourier(journal: Journal): Courier {
  let count = 0;
  return {
    async send(to, message) {
      count += 1;
      const common = {
        exchange: `phone-${count}`,
        call: callOf(message.url),
        title: `${message.method} ${pathOf(message.url)}`,
        method: message.method,
        url: message.url,
      };
      const note = (reply: boolean, rest: { status?: number; body: string; content_type: string; note?: string }) =>
        journal.add({
          ...common,
          id: `${common.exchange}-${reply ? "reply" : "request"}`,
          at_ms: Date.now(),
          from: reply ? to : ("phone" satisfies Party),
          to: reply ? "phone" : to,
          reply,
          status: rest.status,
          header: reply ? {} : masked(message.header ?? {}),
          content_type: rest.content_type,
          body: withoutToken(rest.body),
          note: rest.note ?? "",
        });

      note(false, { body: message.body ?? "", content_type: message.body === undefined ? "" : "application/json" });
      try {
        const response = await fetch(message.url, {
          method: message.method,
          headers: { ...message.header, ...(message.body !== undefined && { "content-type": "application/json" }) },
          ...(message.body !== undefined && { body: message.body }),
        });
        const text = await response.text();
        note(true, { status: response.status, body: text, content_type: response.headers.get("content-type") ?? "" });
        return { status: response.status, text };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        note(true, { body: "", content_type: "", note: reason });
        throw error;
      }
    },
  };
}

/** The body with the value of a top-level `token` hidden; anything else is left as it came. */
export function withoutToken(body: string): string {
  return body.replace(/("token"\s*:\s*")(?:[^"\\]|\\.)*"/g, `$1${MASK}"`);
}

function masked(header: Record<string, string>): Record<string, string> {
  const secret = /^(token|authorization)$/i;
  return Object.fromEntries(Object.entries(header).map(([name, value]) => [name, secret.test(name) ? MASK : value]));
}
