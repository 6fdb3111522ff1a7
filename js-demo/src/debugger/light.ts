/** Which field is lit: the one under the pointer, the focused one, or the one the caret is in. */

export interface Light {
  lit(): number | undefined;
  set(field: number | undefined): void;
  /** Calls the listener after every change. */
  follow(listener: () => void): void;
}

export function createLight(): Light {
  let lit: number | undefined;
  const listeners: (() => void)[] = [];
  return {
    lit: () => lit,
    set(field) {
      if (field === lit) return;
      lit = field;
      for (const listener of listeners) listener();
    },
    follow(listener) {
      listeners.push(listener);
    },
  };
}

/** Lights every element inside `host` that belongs to the lit field. */
export function showLight(host: Element, light: Light): void {
  for (const element of host.querySelectorAll<HTMLElement>("[data-field]")) {
    element.classList.toggle("lit", element.dataset["field"] === String(light.lit()));
  }
}
