/** The server this page came from. The key goes nowhere else: the page's policy allows no other connection. */

import type { Day } from "./day";

export interface Progress {
  readonly rows: number;
  readonly bytes: number;
  readonly total_bytes?: number;
  readonly differences: number;
  readonly asked: number;
}

/** What the server said no with. */
export class ServerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Server {
  days(from: string, to: string): Promise<Day[]>;
  reconcile(date: string, onProgress: (progress: Progress) => void): Promise<Day>;
}

export function connect(key: string): Server {
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(path, { ...init, headers, cache: "no-store" }).catch(() => {
      throw new ServerError("unreachable", "the server does not answer");
    });
    if (response.ok) return response;
    const error = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
    throw new ServerError(error.code ?? `http_${response.status}`, error.message ?? `HTTP ${response.status}`);
  };
  return {
    async days(from, to) {
      const response = await call(`/v1/days?from=${from}&to=${to}`);
      return ((await response.json()) as { days: Day[] }).days;
    },
    async reconcile(date, onProgress) {
      const response = await call("/v1/reconcile", { method: "POST", body: JSON.stringify({ date }) });
      for await (const line of lines(response)) {
        const said = JSON.parse(line) as {
          progress?: Progress;
          summary?: Day;
          error?: { code: string; message: string };
        };
        if (said.error !== undefined) throw new ServerError(said.error.code, said.error.message);
        if (said.summary !== undefined) return said.summary;
        if (said.progress !== undefined) onProgress(said.progress);
      }
      throw new ServerError("cut_off", "the server broke off");
    },
  };
}

async function* lines(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done) return;
    const parts = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
