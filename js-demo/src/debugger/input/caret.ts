/** Lights the field that the caret is in. `current` gives the reading of this very text, if it is the one shown. */

import type { Reading } from "../examine";
import type { Light } from "../light";

export function followCaret(area: HTMLTextAreaElement, light: Light, current: () => Reading | undefined): void {
  const follow = () => {
    const reading = current();
    if (reading === undefined) return;
    const caret = area.selectionStart;
    const index = reading.report.fields.findIndex(({ name_span, value_span }) => [name_span, value_span].some((span) => {
      if (!span) return false;
      const [start, end] = reading.inBox(span);
      return caret >= start && caret <= end;
    }));
    light.set(index < 0 ? undefined : index);
  };
  for (const event of ["keyup", "click"]) area.addEventListener(event, follow);
  area.addEventListener("blur", () => light.set(undefined));
}
