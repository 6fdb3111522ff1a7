/** Characters that one does not see, or takes for others, and their names. */

export interface Found {
  readonly start: number;
  readonly end: number;
  /** Such as `NBSP`. */
  readonly short: string;
  /** Such as `U+00A0`. */
  readonly code: string;
}

const SHORT: Readonly<Record<number, string>> = {
  0x09: "TAB", 0x0a: "LF", 0x0d: "CR", 0xa0: "NBSP", 0xad: "SHY", 0x1680: "OGHAM SPACE", 0x180e: "MVS", 0x200b: "ZWSP",
  0x200c: "ZWNJ", 0x200d: "ZWJ", 0x200e: "LRM", 0x200f: "RLM", 0x2028: "LSEP", 0x2029: "PSEP", 0x202a: "LRE",
  0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO", 0x202e: "RLO", 0x202f: "NNBSP", 0x2060: "WJ", 0x3000: "IDSP",
  0xfeff: "BOM", 0xfffd: "REPLACEMENT",
};

/** Control characters, odd spaces, what has no width, and full-width letters and digits; a plain space is none of them. */
const ODD = /[\u0000-\u001f\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u2060-\u2064\u3000\ufeff\ufffd\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/gu;
const LAYOUT = new Set(["\t", "\n", "\r"]);

/** In a single value: everything odd. */
export function invisible(text: string): Found[] {
  return [...text.matchAll(ODD)].map((match) => describe(match[0], match.index));
}

/** In a whole message, where line breaks and tabs are layout: everything else. */
export function invisibleInMessage(text: string): Found[] {
  return [...text.matchAll(ODD)].filter(([character]) => !LAYOUT.has(character)).map((match) => describe(match[0], match.index));
}

function describe(character: string, start: number): Found {
  const codePoint = character.codePointAt(0) ?? 0;
  const code = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
  return { start, end: start + character.length, short: SHORT[codePoint] ?? fullWidth(codePoint) ?? code, code };
}

/** A full-width character is shown with the narrow one that it looks like. */
function fullWidth(codePoint: number): string | undefined {
  return codePoint >= 0xff10 && codePoint <= 0xff5a ? `FULLWIDTH ${String.fromCodePoint(codePoint - 0xfee0)}` : undefined;
}
