/** Byte positions in UTF-8, which the engine counts, as positions in a JavaScript string, which the page needs. */

import type { Span } from "./engine/report";

export type ToText = (span: Span) => Span;

/** For one text. A position inside a character is taken back to its beginning. */
export function spansOf(text: string): ToText {
  if (isAscii(text)) return (span) => span;
  const positions = positionsOf(text);
  const last = positions.length - 1;
  const at = (byte: number) => positions[Math.min(byte, last)] ?? text.length;
  return ([start, end]) => [at(start), at(end)];
}

/** How many bytes the text has in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** For every byte, where its character begins; then the end. */
function positionsOf(text: string): Uint32Array {
  const positions = new Uint32Array(byteLength(text) + 1);
  let byte = 0;
  let unit = 0;
  for (const character of text) {
    const bytes = bytesOf(character.codePointAt(0) ?? 0);
    positions.fill(unit, byte, byte + bytes);
    byte += bytes;
    unit += character.length;
  }
  positions[byte] = unit;
  return positions;
}

/** A lone surrogate is encoded as U+FFFD, which has three bytes, too. */
function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
