/** The engine's answer, as `wxpay explain --json` prints it. Spans are positions in the text that was asked about. */

export type Verdict = "match" | "mismatch" | "unsigned" | "malformed" | "no_key";
export type SignType = "MD5" | "HMAC-SHA256";

export const FORMATS = ["xml", "json", "object", "map", "lines", "query", "form", "php"] as const;
export type Format = (typeof FORMATS)[number];

export const SCENES = ["request", "reply", "notice", "invoke", "app", "refund_notice"] as const;
export type Scene = (typeof SCENES)[number];

export const KEY_KINDS = ["old", "other_merchant", "sub_merchant", "app_secret", "api_v3", "sandbox", "password"] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export const FIX_LANGUAGES = ["java", "go", "node", "php", "python", "rust"] as const;
export type FixLanguage = (typeof FIX_LANGUAGES)[number];

export type Span = readonly [start: number, end: number];

/** The same words in both languages. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

export type Why = "signed" | "empty" | "is_sign" | "duplicate" | "not_in_set" | "added" | "is_key";

export interface Field {
  readonly name: string;
  /** The name under which it is signed, where that differs from the pasted one. */
  readonly signed_as?: string | null;
  readonly value: string;
  readonly kept: boolean;
  readonly why: Why;
  readonly name_span: Span | null;
  readonly value_span: Span | null;
}

export type Weight = "error" | "warning" | "info";

export interface Lint {
  readonly id: string;
  readonly code: string;
  readonly weight: Weight;
  readonly field?: string | null;
  readonly detail: string;
  readonly span: Span | null;
  readonly title: Words;
  readonly advice?: Words;
  readonly fixes?: Fixes;
}

/** Code by programming language. */
export type Fixes = Partial<Record<FixLanguage, string>>;

export interface Cause {
  /** Numbers of the catalogue, joined by `+`. */
  readonly id: string;
  readonly code: string;
  readonly proved: boolean;
  readonly title: Words;
  readonly evidence: Words;
  readonly advice?: Words;
  readonly signed_text?: string;
  readonly fixes?: Fixes;
}

export interface Advice {
  readonly id: string;
  readonly code: string;
  readonly title: Words;
  readonly advice?: Words;
}

export type Stopped = "not_needed" | "proved" | "exhausted" | "limit" | "no_such_signature";

export interface ReadError {
  readonly code: string;
  /** One sentence, in English. */
  readonly message: string;
  /** Where reading began, if a form was recognised. */
  readonly at?: number;
  readonly format?: Format;
}

export interface Report {
  readonly verdict: Verdict;
  readonly error?: ReadError | null;
  readonly format?: Format | null;
  readonly confidence: "guess" | "likely" | "sure";
  /** Another form the text could have. */
  readonly other_format?: Format | null;
  readonly scene: Scene;
  readonly sign_type: SignType;
  readonly string_to_sign: string;
  readonly signatures?: { readonly md5: string; readonly hmac_sha256: string } | null;
  readonly given?: string | null;
  readonly fields: readonly Field[];
  readonly lints: readonly Lint[];
  readonly causes: readonly Cause[];
  readonly advice: readonly Advice[];
  readonly tried: { readonly singles: number; readonly pairs: number; readonly stopped: Stopped };
  /** What a refund notification said. */
  readonly decrypted?: string | null;
}
