/** The conclusion for a ticket: neither the key, nor a right signature, nor the whole string to sign. */

import type { Reading } from "../examine";
import { clause, number, say, text } from "../text";
import { summarise, troubles } from "./summary";

export type Style = "text" | "markdown";

export function conclusion(readings: readonly Reading[], style: Style): string {
  const t = text().conclusion;
  const title = style === "markdown" ? `## ${t.heading}` : `${t.heading}\n${"=".repeat(24)}`;
  return [title, ...readings.map((reading) => lines(reading, style).join("\n")), t.made].join("\n\n");
}

function lines(reading: Reading, style: Style): string[] {
  const { report } = reading;
  const t = text();
  const names = (kept: boolean) => report.fields.filter((field) => field.kept === kept).map(({ name }) => name).join(", ");
  const code = (content: string) => (style === "markdown" ? `\`${content}\`` : content);
  const item = (name: string, content: string) => (style === "markdown" ? `- **${name}**: ${content}` : clause(name, content));
  const { singles, pairs } = report.tried;
  return [
    item(t.conclusion.verdict, summarise(reading).headline),
    ...report.causes.flatMap((cause) => [
      item(t.conclusion.cause, `${code(cause.id)} ${code(cause.code)} ${say(cause.title)} (${cause.proved ? t.verdict.proved : t.verdict.suspectedBadge})`),
      item(t.conclusion.evidence, say(cause.evidence)),
      ...(cause.advice ? [item(t.conclusion.advice, say(cause.advice))] : []),
    ]),
    item(t.conclusion.kind, `${t.key.scenes[report.scene]}, ${report.format ? t.message.formats[report.format] : "?"}, ${report.sign_type}`),
    ...(names(true) === "" ? [] : [item(t.conclusion.fields, code(names(true)))]),
    ...(names(false) === "" ? [] : [item(t.conclusion.left, code(names(false)))]),
    ...(report.given ? [item(t.conclusion.given, code(shortened(report.given)))] : []),
    ...(troubles(report).length > 0
      ? [item(t.conclusion.findings, troubles(report).map((lint) => `${code(lint.id)} ${say(lint.title)}${lint.field ? ` (${lint.field})` : ""}`).join("; "))]
      : []),
    ...(singles + pairs > 0 ? [item(t.conclusion.tried, t.tried.counts(number(singles), number(pairs)))] : []),
  ];
}

function shortened(sign: string): string {
  return sign.length <= 12 ? sign : `${sign.slice(0, 4)}…${sign.slice(-4)} (${sign.length})`;
}
