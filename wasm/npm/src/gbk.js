// The GBK bytes of a text's characters. The table comes from the platform's decoder, so that none is shipped.

let table;

/** Every character outside ASCII that has them, each followed by its two bytes in hex: `中D6D0文CEC4`. */
export function gbkOf(text) {
  const characters = new Set(decoded(text).replace(/[\0-\x7f]/g, ''));
  if (characters.size === 0) return '';
  if (table === undefined) table = makeTable();
  let found = '';
  for (const character of characters) {
    const code = table.get(character);
    if (code) found += character + code;
  }
  return found;
}

/** The text, with what its escapes stand for. */
function decoded(text) {
  const point = (digits, base) => {
    const code = parseInt(digits, base);
    return code > 0x7f && code < 0xffff && (code < 0xd800 || code > 0xdfff) ? String.fromCharCode(code) : '';
  };
  const unescaped = text
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex) => point(hex, 16))
    .replace(/&#x([0-9a-fA-F]{1,6});/g, (_, hex) => point(hex, 16))
    .replace(/&#([0-9]{1,7});/g, (_, digits) => point(digits, 10));
  return unescaped.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** All of GBK's two-byte characters, decoded in one go with a line break between them. */
function makeTable() {
  const map = new Map();
  let decoder;
  try {
    decoder = new TextDecoder('gbk');
  } catch {
    return map;
  }
  const codes = [];
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      if (trail !== 0x7f) codes.push([lead, trail]);
    }
  }
  const bytes = Uint8Array.from(codes.flatMap(([lead, trail]) => [lead, trail, 10]));
  decoder.decode(bytes).split('\n').forEach((character, at) => {
    if (character.length === 1 && character !== '\ufffd' && !map.has(character)) {
      map.set(character, codes[at].map((byte) => byte.toString(16).toUpperCase()).join(''));
    }
  });
  return map;
}
