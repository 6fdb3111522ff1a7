/** What two strings to sign have in common, field by field, and inside a field that was changed. */

export interface Piece {
  readonly kind: "same" | "wrong" | "right";
  readonly text: string;
}

/** More fields than this are not compared one by one. */
const MAX_FIELDS = 400;

/** `wrong` is what was signed, `right` what should have been. */
export function diffFields(wrong: string, right: string): Piece[] {
  const [from, to] = [fields(wrong), fields(right)];
  if (from.length > MAX_FIELDS || to.length > MAX_FIELDS) return changed(wrong, right);
  const table = commonLengths(from, to);
  const pieces: Piece[] = [];
  let [i, j, removed, added] = [0, 0, "", ""];
  while (i < from.length || j < to.length) {
    if (i < from.length && from[i] === to[j]) {
      pieces.push(...changed(removed, added), { kind: "same", text: from[i] ?? "" });
      [i, j, removed, added] = [i + 1, j + 1, "", ""];
    } else if (j >= to.length || (i < from.length && at(table, i + 1, j) >= at(table, i, j + 1))) {
      removed += from[i] ?? "";
      i += 1;
    } else {
      added += to[j] ?? "";
      j += 1;
    }
  }
  return [...pieces, ...changed(removed, added)];
}

/** The positions at which two signatures differ. */
export function differences(left: string, right: string): boolean[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => left[index] !== right[index]);
}

/** One stretch instead of another; where they are mostly alike, only what differs between them. */
function changed(removed: string, added: string): Piece[] {
  const [wrong, right] = [[...removed], [...added]];
  const shorter = Math.min(wrong.length, right.length);
  let head = 0;
  while (head < shorter && wrong[head] === right[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && wrong.at(-1 - tail) === right.at(-1 - tail)) tail += 1;
  if ((head + tail) * 2 < shorter) [head, tail] = [0, 0];
  const pieces: Piece[] = [
    { kind: "same", text: wrong.slice(0, head).join("") },
    { kind: "wrong", text: wrong.slice(head, wrong.length - tail).join("") },
    { kind: "right", text: right.slice(head, right.length - tail).join("") },
    { kind: "same", text: wrong.slice(wrong.length - tail).join("") },
  ];
  return pieces.filter(({ text }) => text !== "");
}

function fields(text: string): string[] {
  return text.split(/(?=&)/);
}

/** `[i][j]`: how many fields the rests from `i` and `j` on have in common. */
function commonLengths(from: readonly string[], to: readonly string[]): number[][] {
  const table = Array.from({ length: from.length + 1 }, () => new Array<number>(to.length + 1).fill(0));
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (row) row[j] = from[i] === to[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}

function at(table: readonly (readonly number[])[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}
