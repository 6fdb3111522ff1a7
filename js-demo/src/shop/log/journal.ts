/** Everything seen in this visit, oldest first. Old messages make room when there are very many. */

import { fromSimulator, type LogMessage } from "./message";
import type { SimMessage } from "../contract";

const MOST_MESSAGES = 600;

export interface Journal {
  readonly messages: readonly LogMessage[];
  add(message: LogMessage): void;
  addSeen(messages: readonly SimMessage[]): void;
  clear(): void;
  onChange(listener: () => void): void;
}

export function createJournal(): Journal {
  const messages: LogMessage[] = [];
  const exchanges = new Set<number>();
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());

  const insert = (message: LogMessage) => {
    let at = messages.length;
    while (at > 0 && isLater(messages[at - 1], message)) at -= 1;
    messages.splice(at, 0, message);
    if (messages.length > MOST_MESSAGES) messages.shift();
  };

  return {
    messages,
    add(message) {
      insert(message);
      tell();
    },
    addSeen(seen) {
      for (const one of seen) {
        const isReply = one.status !== undefined || (one.exchange !== undefined && exchanges.has(one.exchange));
        if (one.exchange !== undefined) exchanges.add(one.exchange);
        const message = fromSimulator(one, isReply);
        if (message) insert(message);
      }
      if (seen.length > 0) tell();
    },
    clear() {
      messages.length = 0;
      tell();
    },
    onChange: (listener) => void listeners.add(listener),
  };
}

/** What the server did for the phone comes before its answer to the phone, also within one millisecond. */
function isLater(earlier: LogMessage | undefined, message: LogMessage): boolean {
  if (earlier === undefined) return false;
  if (earlier.at_ms !== message.at_ms) return earlier.at_ms > message.at_ms;
  return earlier.reply && earlier.to === "phone" && message.from !== "phone" && message.to !== "phone";
}
