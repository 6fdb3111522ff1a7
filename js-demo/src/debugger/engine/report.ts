/** The words of a report, as the package has them. */

import type { Both, Candidate, Fixes, Format, Report, ReportField, Scene } from "wxpay-wasm/explain";

export type { Cause, CatalogueRow, ExplainOptions, Fixes, Format, Lint, Report, Scene, SignType, Span } from "wxpay-wasm/explain";
export type Words = Both;
export type Field = ReportField;
export type Why = ReportField["why"];
export type KeyKind = Candidate["kind"];
export type FixLanguage = keyof Fixes;

export const FORMATS = ["xml", "json", "object", "map", "lines", "query", "form", "php"] as const satisfies readonly Format[];
export const SCENES = ["request", "reply", "notice", "invoke", "app", "refund_notice"] as const satisfies readonly Scene[];
export const KEY_KINDS = [
  "old", "other_merchant", "sub_merchant", "app_secret", "api_v3", "sandbox", "password",
] as const satisfies readonly KeyKind[];
export const FIX_LANGUAGES = ["java", "go", "node", "php", "python", "rust"] as const satisfies readonly FixLanguage[];

export type ReadError = NonNullable<Report["error"]>;
