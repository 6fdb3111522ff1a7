/** A value with its invisible characters drawn. */

import { h, type Child } from "../../shared/h";
import { invisible } from "../invisible";

export function visible(value: string): Child[] {
  const parts: Child[] = [];
  let end = 0;
  for (const found of invisible(value)) {
    parts.push(value.slice(end, found.start), h("span", { class: "odd", title: found.code }, found.short));
    end = found.end;
  }
  return [...parts, value.slice(end)];
}
