/** Builds DOM nodes: `h("button", { class: "plain", onclick: buy }, "Buy")`. */

export type Child = Node | string | number | false | null | undefined | readonly Child[];

type Attribute = string | number | boolean | null | undefined;
type Listeners = {
  [E in keyof HTMLElementEventMap as `on${E}`]?: ((event: HTMLElementEventMap[E]) => void) | undefined;
};
export type Props = Listeners & { readonly [name: string]: Attribute | ((event: never) => void) };

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (name.startsWith("aria-") && typeof value === "boolean") element.setAttribute(name, String(value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

/**
 * Replaces what is inside `host`. The focus stays where it was, found again by `data-testid` or `id`; when that element
 * is gone, it goes to the first one with `tabindex="-1"`, as a heading has.
 */
export function redraw(host: Element, ...children: readonly Child[]): void {
  const focused = host.contains(document.activeElement) ? document.activeElement : null;
  host.replaceChildren();
  append(host, children);
  if (focused === null) return;
  const key = CSS.escape(focused.getAttribute("data-testid") ?? focused.id);
  const again = key === "" ? null : host.querySelector<HTMLElement>(`[data-testid="${key}"], #${key}`);
  (again ?? host.querySelector<HTMLElement>('[tabindex="-1"]'))?.focus({ preventScroll: true });
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child as readonly Child[]);
    else if (child !== false && child !== null && child !== undefined) parent.append(child as Node | string);
  }
}
