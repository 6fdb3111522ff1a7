// The compiler must really look: this must not compile.
import { sign } from 'wxpay-wasm';

export const signature = sign({ a: 1 }, 'key', 'SHA1');
