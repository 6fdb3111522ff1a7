// One instance of a module, made anew when it traps.
import { WxPayError } from './error.js';

/** Room for nearly every message, so that it is asked for once. */
const ROOM = 1 << 14;

export class Engine {
  /** `load` answers at once with what `WebAssembly.Module` takes, or with a module. */
  constructor(load, encoder = new TextEncoder(), decoder = new TextDecoder('utf-8', { ignoreBOM: true })) {
    this.load = load;
    this.encoder = encoder;
    this.decoder = decoder;
    this.module = undefined;
    this.drop();
  }

  /** Compiles without blocking. */
  async ready() {
    if (this.module || this.exports) return;
    const source = this.load();
    this.module = source instanceof WebAssembly.Module ? source : await compiled(() => WebAssembly.compile(source));
  }

  /** Takes a compiled module. */
  use(module) {
    this.module = module;
    this.drop();
  }

  /** Takes what an instance exports. */
  start(exports) {
    this.exports = exports;
  }

  instantiate() {
    const module = this.compile();
    this.start(new WebAssembly.Instance(module, {}).exports);
  }

  /** Calls with a text, and with bytes behind it if there are any; answers with a text. */
  call(name, input, bytes) {
    if (!this.exports) this.instantiate();
    let length;
    let answer;
    try {
      length = this.exports[name](this.write(input, bytes));
      answer = this.read(Math.abs(length));
    } catch (error) {
      // A trap; the instance's memory is not trusted.
      this.drop();
      const message = 'the WebAssembly module failed; the next call starts a fresh one';
      throw new WxPayError('internal', message, undefined, error);
    }
    if (length >= 0) return answer;
    const [code, field, message] = answer.split('\0');
    throw new WxPayError(code, message, field);
  }

  /** Writes into the room; says how many bytes. */
  write(input, bytes) {
    if (bytes === undefined && input.length <= ROOM / 3) return this.encoder.encodeInto(input, this.room(ROOM)).written;
    const head = this.encoder.encode(input);
    const tail = bytes || [];
    const room = this.room(head.length + tail.length);
    room.set(head);
    room.set(tail, head.length);
    return head.length + tail.length;
  }

  read(length) {
    return this.decoder.decode(this.room(length).subarray(0, length));
  }

  /** The room, which has at least so many bytes. Memory that grows leaves an empty view behind. */
  room(bytes) {
    if (this.view.length < bytes) {
      const size = Math.max(bytes, ROOM);
      const start = this.exports.room(size) >>> 0;
      this.view = new Uint8Array(this.exports.memory.buffer, start, size);
    }
    return this.view;
  }

  compile() {
    if (!this.module) {
      const source = this.load();
      try {
        this.module = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
      } catch (error) {
        throw notCompiled(error);
      }
    }
    return this.module;
  }

  drop() {
    this.exports = undefined;
    this.view = new Uint8Array();
  }
}

export async function compiled(compile) {
  try {
    return await compile();
  } catch (error) {
    throw notCompiled(error);
  }
}

function notCompiled(error) {
  const message = "WebAssembly is not compiled: damaged bytes, or a Content-Security-Policy without 'wasm-unsafe-eval'";
  return new WxPayError('not_compiled', message, undefined, error);
}
