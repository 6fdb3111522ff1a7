// A module that lies in the JavaScript: deflated, in base64.
import { inflateSync } from 'fflate';

export function unpack(base64, size) {
  return inflateSync(bytesOf(base64), { out: new Uint8Array(size) });
}

function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
