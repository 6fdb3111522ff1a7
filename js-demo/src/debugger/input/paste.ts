/** A paste or a drop anywhere on the page is a message, unless it goes into a box. */

export function takePastes(host: HTMLElement, take: (text: string) => void): void {
  document.addEventListener("paste", (event) => {
    if (isBox(event.target) || document.querySelector("dialog[open]")) return;
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    if (pasted === "") return;
    event.preventDefault();
    take(pasted);
  });
  const over = (isOver: boolean) => host.classList.toggle("dropping", isOver);
  document.addEventListener("dragover", (event) => {
    if (isBox(event.target) && !hasFile(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) over(false);
  });
  document.addEventListener("drop", (event) => {
    over(false);
    if (isBox(event.target) && !hasFile(event)) return;
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    const dropped = event.dataTransfer?.getData("text/plain") ?? "";
    if (file) void file.text().then(take, () => undefined);
    else if (dropped !== "") take(dropped);
  });
}

function isBox(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}

function hasFile(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
