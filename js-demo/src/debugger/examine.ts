/** From what is in the boxes to what the page shows. */

import { explain, fits, isFailure, MAX_BYTES, type Failure, type Options } from "./engine/engine";
import type { Format, KeyKind, Report, Scene, SignType, Span } from "./engine/report";
import { isClient, split } from "./input/split";
import { byteLength } from "./bytes";

export type BoxName = "message" | "other";

export interface Inputs {
  readonly message: string;
  readonly other: string;
  readonly format: Format | undefined;
  readonly sign_type: SignType | undefined;
  readonly scene: Scene | undefined;
  readonly sign: string;
  readonly appid: string;
  readonly url: string;
}

export interface Keys {
  readonly main: string;
  readonly candidates: readonly { readonly kind: KeyKind; readonly key: string }[];
}

/** One message: where it stands and what the engine says about it. */
export interface Reading {
  readonly box: BoxName;
  readonly start: number;
  readonly text: string;
  readonly report: Report;
  /** From a span of the report to positions in the box. */
  readonly inBox: (span: Span) => Span;
}

export type Outcome =
  | { readonly kind: "empty" }
  | { readonly kind: "too_large"; readonly bytes: number }
  | Failure
  | {
    readonly kind: "read";
    /** The one in question first; then the order that belongs to it. */
    readonly readings: readonly [Reading, ...Reading[]];
    readonly took_ms: number;
    /** For each candidate key, whether it alone gives the signature; `undefined` if there is nothing to compare. */
    readonly fits: readonly (boolean | undefined)[];
  };

interface Part {
  readonly box: BoxName;
  readonly start: number;
  readonly text: string;
}

export function examine(inputs: Inputs, keys: Keys): Outcome {
  if (inputs.message.trim() === "") return { kind: "empty" };
  for (const text of [inputs.message, inputs.other]) {
    const bytes = text.length > MAX_BYTES ? text.length : byteLength(text);
    if (bytes > MAX_BYTES) return { kind: "too_large", bytes: byteLength(text) };
  }
  const began = performance.now();
  const [first, second] = parts(inputs);
  const options = optionsOf(inputs, keys, second?.text);
  const report = explain(first.text, options);
  if (isFailure(report)) return report;
  const readings: [Reading, ...Reading[]] = [reading(first, report)];
  if (second !== undefined) {
    const order = explain(second.text, { key: options.key, candidates: options.candidates });
    if (isFailure(order)) return order;
    readings.push(reading(second, order));
  }
  const took_ms = performance.now() - began;
  const canCompare = Boolean(report.given) || report.scene === "refund_notice";
  const single = ({ key }: Keys["candidates"][number]) =>
    canCompare && key !== "" ? fits(first.text, { ...options, key, candidates: undefined }, report) : undefined;
  return { kind: "read", readings, took_ms, fits: keys.candidates.map(single) };
}

/** The client's parameters come first, wherever they were put: theirs is the second signature. */
function parts({ message, other }: Inputs): readonly [Part, Part?] {
  if (other.trim() === "") {
    const [first, second] = split(message).map((part): Part => ({ box: "message", ...part }));
    const only: Part = first ?? { box: "message", start: 0, text: message };
    return second === undefined ? [only] : [only, second];
  }
  const boxes: [Part, Part] = [{ box: "message", start: 0, text: message }, { box: "other", start: 0, text: other }];
  return isClient(other) && !isClient(message) ? [boxes[1], boxes[0]] : boxes;
}

function optionsOf(inputs: Inputs, keys: Keys, other: string | undefined): Options {
  const candidates = keys.candidates.filter(({ key }) => key !== "");
  const filled = (text: string) => (text.trim() === "" ? undefined : text.trim());
  return {
    key: keys.main === "" ? undefined : keys.main,
    candidates: keys.main === "" || candidates.length === 0 ? undefined : candidates,
    format: inputs.format,
    signType: inputs.sign_type,
    scene: inputs.scene,
    sign: filled(inputs.sign),
    appid: filled(inputs.appid),
    url: filled(inputs.url),
    other,
  };
}

function reading({ box, start, text }: Part, report: Report): Reading {
  return { box, start, text, report, inBox: ([from, to]) => [from + start, to + start] };
}
