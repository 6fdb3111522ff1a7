/** The merchant's admin key: in this tab's session, and nowhere else. */

const NAME = "wxpay.admin_key";

let key: string | null = read();

export function currentKey(): string | null {
  return key;
}

export function keepKey(next: string): void {
  key = next;
  try {
    sessionStorage.setItem(NAME, next);
  } catch {
    // Storage is switched off: the key lasts until the page closes.
  }
}

export function forgetKey(): void {
  key = null;
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // There is nothing to forget.
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}
