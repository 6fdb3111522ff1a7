// One instance of a module, made anew when it traps.
import { WxPayError } from './error.js';

export class Engine {
  /** `createGlue` makes fresh glue; `load` answers at once with what `WebAssembly.Module` takes, or with a module. */
  constructor(createGlue, load, encode = (text) => new TextEncoder().encode(text)) {
    this.createGlue = createGlue;
    this.load = load;
    this.encode = encode;
    this.module = undefined;
    this.glue = undefined;
  }

  /** Compiles without blocking. */
  async ready() {
    if (this.module || this.glue) return;
    const source = this.load();
    this.module = source instanceof WebAssembly.Module ? source : await compiled(() => WebAssembly.compile(source));
  }

  /** Takes a compiled module. */
  use(module) {
    this.module = module;
    this.glue = undefined;
  }

  call(name, ...args) {
    const glue = this.glue || this.start();
    try {
      return glue[name](...args);
    } catch (error) {
      throw this.fault(error);
    }
  }

  start() {
    if (!this.module) {
      const source = this.load();
      try {
        this.module = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
      } catch (error) {
        throw notCompiled(error);
      }
    }
    const glue = this.createGlue(WebAssembly, TextEncoder, TextDecoder);
    glue.initSync({ module: this.module });
    this.glue = glue;
    return glue;
  }

  /** The module throws strings, `code\0field\0message`; anything else is a trap, after which its memory is not trusted. */
  fault(error) {
    if (typeof error === 'string') {
      const [code, field, message] = error.split('\0');
      return new WxPayError(code, message, field);
    }
    this.glue = undefined;
    const message = 'the WebAssembly module failed; the next call starts a fresh one';
    return new WxPayError('internal', message, undefined, error);
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
