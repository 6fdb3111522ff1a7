/**
 * A textarea with marks. The text itself stays in the textarea, which pastes, undoes and reads aloud as every textarea
 * does; the marks are painted behind it, on a copy with the same letters.
 */

import { h } from "../../shared/h";

export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly kind: "lit" | "error" | "warning" | "odd" | "secret";
}

export interface TextBox {
  readonly element: HTMLElement;
  readonly area: HTMLTextAreaElement;
  value(): string;
  set(text: string): void;
  mark(marks: readonly Mark[]): void;
  /** Scrolls to a position, and selects up to `end`, if given. */
  reveal(start: number, end?: number): void;
}

/** A longer text is shown without marks: painting them would slow down typing. */
const MAX_MARKED = 300_000;

export function createTextBox(id: string, oninput: () => void): TextBox {
  const mirror = h("div", { class: "mirror", "aria-hidden": "true" });
  const area = h("textarea", {
    id, "data-testid": id, class: "text", spellcheck: "false", autocomplete: "off", autocapitalize: "off", autocorrect: "off",
    translate: "no",
  });
  let marks: readonly Mark[] = [];
  const paint = () => paintMarks(mirror, area.value, marks);
  const follow = () => {
    mirror.scrollTop = area.scrollTop;
  };
  area.addEventListener("scroll", follow);
  area.addEventListener("input", () => {
    marks = [];
    paint();
    oninput();
  });
  return {
    element: h("div", { class: "text-box" }, mirror, area),
    area,
    value: () => area.value,
    set(text) {
      area.value = text;
      marks = [];
      paint();
    },
    mark(next) {
      marks = next;
      paint();
      follow();
    },
    reveal(start, end) {
      const at = mirror.querySelector<HTMLElement>(`[data-at="${start}"]`);
      if (end !== undefined) {
        area.focus({ preventScroll: true });
        area.setSelectionRange(start, end);
      }
      if (at) area.scrollTop = at.offsetTop - area.clientHeight / 3;
      follow();
    },
  };
}

function paintMarks(mirror: HTMLElement, text: string, marks: readonly Mark[]): void {
  mirror.replaceChildren();
  if (text.length > MAX_MARKED) return;
  const valid = marks.filter(({ start, end }) => start < end && end <= text.length);
  const edges = [...new Set([0, text.length, ...valid.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  edges.slice(0, -1).forEach((start, index) => {
    const end = edges[index + 1] ?? text.length;
    const kinds = new Set(valid.filter((mark) => mark.start <= start && mark.end >= end).map(({ kind }) => kind));
    const letters = text.slice(start, end);
    // A key in the text keeps its place and its width, and nothing else.
    const shown = kinds.has("secret") ? letters.replace(/\S/g, "*") : letters;
    if (kinds.size === 0) mirror.append(shown);
    else mirror.append(h("span", { class: [...kinds].map((kind) => `mark-${kind}`).join(" "), "data-at": start }, shown));
  });
  // A textarea shows an empty last line, a block of text does not.
  mirror.append("\n");
}
