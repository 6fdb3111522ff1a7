/** What is painted behind the text of a box. */

import type { BoxName, Outcome } from "./examine";
import type { Mark } from "./input/text-box";
import { invisibleInMessage } from "./invisible";
import { troubles } from "./result/summary";

export interface Lit {
  readonly reading: number;
  readonly field: number;
}

export function marksOf(outcome: Outcome, box: BoxName, content: string, lit: Lit | undefined, secrets: readonly string[]): Mark[] {
  const marks: Mark[] = invisibleInMessage(content).map(({ start, end }) => ({ start, end, kind: "odd" }));
  for (const secret of secrets.filter(({ length }) => length >= 8)) {
    for (let at = content.indexOf(secret); at >= 0; at = content.indexOf(secret, at + secret.length)) {
      marks.push({ start: at, end: at + secret.length, kind: "secret" });
    }
  }
  if (outcome.kind !== "read") return marks;
  outcome.readings.forEach(({ box: own, report, inBox }, index) => {
    if (own !== box) return;
    for (const { id, span, weight } of troubles(report)) {
      if (span === null) continue;
      const [start, end] = inBox(span);
      marks.push({ start, end, kind: weight === "error" ? "error" : "warning" });
      if (id === "P2") marks.push({ start, end, kind: "secret" });
    }
    const field = lit?.reading === index ? report.fields[lit.field] : undefined;
    for (const span of [field?.name_span, field?.value_span]) {
      if (!span) continue;
      const [start, end] = inBox(span);
      marks.push({ start, end, kind: "lit" });
    }
  });
  return marks;
}
