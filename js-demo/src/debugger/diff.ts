/** What two strings to sign have in common, field by field. */

export interface Piece {
  readonly kind: "same" | "wrong" | "right";
  /** A field, with the `&` before it. */
  readonly text: string;
}

/** More fields than this are not compared one by one. */
const MAX_FIELDS = 400;

/** `wrong` is what was signed, `right` what should have been. */
export function diffFields(wrong: string, right: string): Piece[] {
  const [from, to] = [fields(wrong), fields(right)];
  if (from.length > MAX_FIELDS || to.length > MAX_FIELDS) return [{ kind: "wrong", text: wrong }, { kind: "right", text: right }];
  const common = lengths(from, to);
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) {
      pieces.push({ kind: "same", text: from[i] ?? "" });
      i += 1;
      j += 1;
    } else if (j >= to.length || (i < from.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      pieces.push({ kind: "wrong", text: from[i] ?? "" });
      i += 1;
    } else {
      pieces.push({ kind: "right", text: to[j] ?? "" });
      j += 1;
    }
  }
  return pieces;
}

/** The positions at which two signatures differ. */
export function differences(left: string, right: string): boolean[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => left[index] !== right[index]);
}

function fields(text: string): string[] {
  return text.split(/(?=&)/);
}

/** `lengths[i][j]`: how many fields the rests from `i` and `j` on have in common. */
function lengths(from: readonly string[], to: readonly string[]): number[][] {
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
