import "./save";
import "../shared/base.css";
import "../shared/frame.css";
import "./page.css";
import "./input/input.css";
import "./result/verdict.css";
import "./result/panels.css";
import { h } from "../shared/h";
import { onPreferences } from "../shared/preferences";
import { createDesk } from "./desk";
import { explain } from "./engine/engine";
import { createHeader } from "./header";
import { createOfflineBadge } from "./offline";
import { text } from "./text";

const badge = createOfflineBadge();
const header = createHeader(badge);
const desk = createDesk();
const skip = h("a", { class: "skip", href: "#verdict-sentence" });
const footer = h("footer", { class: "foot" });
document.body.append(skip, header.element, desk.element, footer, badge.dialog);

const draw = () => {
  const t = text();
  document.title = `${t.title} · wxpay`;
  skip.textContent = t.skip;
  footer.textContent = t.footer;
  header.redraw();
  badge.redraw();
  desk.redraw();
};
onPreferences(draw);
draw();
desk.openLink(location.hash);
// The engine is compiled, and its table of GBK made, while the person reads: the first paste is answered as fast as the next.
setTimeout(() => explain("a=中", {}));
addEventListener("hashchange", () => desk.openLink(location.hash));
