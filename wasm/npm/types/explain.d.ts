import type { ExplainOptions, Report } from './index.js';

export { WxPayError } from './index.js';
export type {
  Both,
  Candidate,
  CatalogueRow,
  Cause,
  ExplainOptions,
  Fixes,
  Format,
  Lint,
  Report,
  ReportField,
  Scene,
  SignType,
  Span,
  WxPayErrorCode,
} from './index.js';

/** Why a signature is wrong: names the mistake, and proves it by recomputing. */
export declare function explain(text: string, options?: ExplainOptions): Report;

/** Compiles the module without blocking; never needed, but some old WebViews refuse to compile in a call. */
export declare function ready(): Promise<void>;
