/** The page as it was delivered, as one file. Taken before anything is drawn, so that nothing pasted can be in it. */

const delivered = `<!doctype html>\n${document.documentElement.outerHTML}\n`;

export function savePage(): void {
  const address = URL.createObjectURL(new Blob([delivered], { type: "text/html" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "wxpay-debugger.html";
  link.click();
  URL.revokeObjectURL(address);
}
