// UTF-8 for places without TextEncoder and TextDecoder: WeChat's mini programs on a phone.

export class Utf8Encoder {
  encode(text) {
    const bytes = [];
    for (const character of text) push(bytes, character.codePointAt(0));
    return Uint8Array.from(bytes);
  }

  encodeInto(text, view) {
    const bytes = this.encode(text);
    view.set(bytes);
    return { read: text.length, written: bytes.length };
  }
}

/** Decodes what the module gives, which is always well-formed. */
export class Utf8Decoder {
  decode(bytes = []) {
    let text = '';
    for (let at = 0; at < bytes.length; ) {
      const lead = bytes[at];
      const more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
      let code = more === 0 ? lead : lead & (0x3f >> more);
      for (let next = 1; next <= more; next += 1) code = (code << 6) | (bytes[at + next] & 0x3f);
      text += String.fromCodePoint(code);
      at += more + 1;
    }
    return text;
  }
}

function push(bytes, code) {
  if (code < 0x80) {
    bytes.push(code);
  } else if (code < 0x800) {
    bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  } else {
    bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
}
