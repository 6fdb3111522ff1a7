/** What every function of the package throws: a stable `code`, and the `field` it is about. */
export class WxPayError extends Error {
  constructor(code, message, field, cause) {
    super(message);
    this.name = 'WxPayError';
    this.code = code;
    if (field) this.field = field;
    if (cause !== undefined) {
      Object.defineProperty(this, 'cause', { value: cause, configurable: true, writable: true });
    }
  }
}
