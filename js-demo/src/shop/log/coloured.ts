/** JSON and XML with their names, texts and marks in different colours. */

import { h, type Child } from "../../shared/h";
import type { Reading } from "./reading";

type Kind = "name" | "text" | "number" | "mark";

const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/g;
const XML_TOKEN = /(<!\[CDATA\[|\]\]>)|(<\/?)([^\s<>!/]+)(\/?>)/g;

export function coloured(reading: Reading): Child[] {
  if (reading.kind === "json") return tokens(reading.pretty, JSON_TOKEN, jsonToken);
  if (reading.kind === "xml") return tokens(reading.pretty, XML_TOKEN, xmlToken);
  return [reading.pretty];
}

function tokens(source: string, pattern: RegExp, parts: (match: RegExpExecArray) => Child[]): Child[] {
  const result: Child[] = [];
  let end = 0;
  for (const match of source.matchAll(pattern)) {
    result.push(source.slice(end, match.index), ...parts(match));
    end = match.index + match[0].length;
  }
  return [...result, source.slice(end)];
}

function jsonToken([, string, colon, literal]: RegExpExecArray): Child[] {
  if (literal !== undefined) return [span("number", literal)];
  return [span(colon === undefined ? "text" : "name", string ?? ""), colon ?? ""];
}

function xmlToken([, cdata, start, name, end]: RegExpExecArray): Child[] {
  if (cdata !== undefined) return [span("mark", cdata)];
  return [span("mark", start ?? ""), span("name", name ?? ""), span("mark", end ?? "")];
}

function span(kind: Kind, content: string): HTMLElement {
  return h("span", { class: `token-${kind}` }, content);
}
