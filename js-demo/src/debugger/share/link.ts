/** What a link carries: the message and the options, in the fragment. Never a key. */

import { FORMATS, SCENES, type Format, type Report, type Scene, type SignType, type Span } from "../engine/report";

export interface Shared {
  readonly message: string;
  readonly other: string;
  readonly format: Format | undefined;
  readonly scene: Scene | undefined;
  readonly sign_type: SignType | undefined;
  readonly appid: string;
}

export const MASKABLE = ["openid", "transaction_id", "amount", "sign"] as const;
export type Maskable = (typeof MASKABLE)[number];

/** A browser takes more, chat programs do not. */
export const MAX_FRAGMENT = 32_000;

const HIDDEN = "******";

/** `#message=…`, percent-encoded. */
export function fragmentOf(shared: Shared): string {
  const parts = Object.entries(shared).filter(([, value]) => value !== undefined && value !== "");
  return `#${parts.map(([name, value]) => `${name}=${encodeURIComponent(value as string)}`).join("&")}`;
}

/** What a fragment brings, or `undefined` if it brings no message. A key in it is not looked at. */
export function readFragment(fragment: string): Shared | undefined {
  const parts = new Map(fragment.replace(/^#/, "").split("&").map((part): [string, string] => {
    const at = part.indexOf("=");
    return at < 0 ? [part, ""] : [part.slice(0, at), decoded(part.slice(at + 1))];
  }));
  const get = (name: string) => parts.get(name) ?? "";
  const message = get("message");
  if (message === "") return undefined;
  const sign_type = get("sign_type");
  return {
    message,
    other: get("other"),
    format: FORMATS.find((format) => format === get("format")),
    scene: SCENES.find((scene) => scene === get("scene")),
    sign_type: sign_type === "MD5" || sign_type === "HMAC-SHA256" ? sign_type : undefined,
    appid: get("appid"),
  };
}

/** The text without what should stay private. `secrets` and a key that was pasted along are always taken out. */
export function masked(
  message: string, report: Report | undefined, inBox: (span: Span) => Span, masks: ReadonlySet<Maskable>, secrets: readonly string[],
): string {
  const spans = (report?.fields ?? [])
    .filter((field) => field.why === "is_key" || [...masks].some((mask) => belongs(field.name, mask)))
    .flatMap(({ value_span }) => (value_span ? [inBox(value_span)] : []));
  const pastedKeys = (report?.lints ?? []).flatMap(({ id, span }) => (id === "P2" && span ? [inBox(span)] : []));
  const inside = [...spans, ...pastedKeys].sort(([a], [b]) => b - a);
  let text = message;
  let before = message.length;
  for (const [start, end] of inside) {
    if (end > before) continue;
    text = text.slice(0, start) + HIDDEN + text.slice(end);
    before = start;
  }
  return withoutKeys(text, secrets);
}

/** Any key that is in a box is taken out of the text, wherever it stands. */
export function withoutKeys(text: string, secrets: readonly string[]): string {
  return secrets.map((secret) => secret.trim()).filter((secret) => secret.length >= 8)
    .reduce((rest, secret) => rest.split(secret).join(HIDDEN), text);
}

function belongs(name: string, mask: Maskable): boolean {
  switch (mask) {
    case "openid": return /openid$/.test(name);
    case "transaction_id": return name === "transaction_id";
    case "amount": return /(_fee|amount)(_\d+)?$/.test(name);
    case "sign": return name === "sign" || name === "paySign";
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
