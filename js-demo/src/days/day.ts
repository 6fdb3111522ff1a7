/** A day as the server has it on record, and the dates of Beijing. Amounts are whole fen. */

export interface Sum {
  readonly count: number;
  readonly fee: number;
}

export type Kind = "only_at_wechat" | "only_here" | "amount_differs" | "refund_differs";
export type Outcome = "healed" | "remains" | "unanswered";

export interface Side {
  readonly fee: number;
  readonly fee_type?: string;
  readonly state: string;
  readonly transaction_id?: string;
}

export interface Difference {
  readonly kind: Kind;
  readonly outcome: Outcome;
  readonly out_trade_no: string;
  readonly out_refund_no?: string;
  readonly at_ms: number;
  readonly at_wechat?: Side;
  readonly here?: Side;
}

export interface Day {
  readonly date: string;
  readonly finished_ms: number;
  readonly has_bill: boolean;
  readonly rows: number;
  readonly not_ours: number;
  readonly paid: Sum;
  readonly refunded: Sum;
  readonly differences: Readonly<Record<Kind, number>>;
  readonly healed: number;
  readonly unanswered: number;
  readonly near_midnight: number;
  readonly first: readonly Difference[];
}

export const KINDS: readonly Kind[] = ["only_at_wechat", "only_here", "amount_differs", "refund_differs"];

const DAY_MS = 86_400_000;
const BEIJING_MS = 8 * 3_600_000;

/** How many differences a day has left. */
export function differences(day: Day): number {
  return KINDS.reduce((sum, kind) => sum + day.differences[kind], 0);
}

/** The last `count` days that are over, oldest first, as `yyyy-MM-dd`. */
export function lastDates(count: number, now_ms: number): string[] {
  return Array.from({ length: count }, (_, i) => beijing(now_ms - (count - i) * DAY_MS).slice(0, 10));
}

/** `yyyy-MM-dd HH:mm` in Beijing. */
export function beijing(at_ms: number): string {
  return new Date(at_ms + BEIJING_MS).toISOString().slice(0, 16).replace("T", " ");
}

/** A date in words. It has no time of day, so it is read and written as one of Greenwich. */
export function inWords(date: string, language: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options }).format(new Date(`${date}T00:00:00Z`));
}
