/** Makes a message readable: pretty text, its fields, and which of them the signature covers. */

export interface Field {
  readonly name: string;
  readonly value: string;
  readonly part: "signed" | "empty" | "signature" | "unsigned";
}

export interface Reading {
  readonly kind: "xml" | "json" | "text" | "nothing";
  readonly pretty: string;
  /** In the order of the string to sign; empty for a message that is not a flat set of names and values. */
  readonly fields: readonly Field[];
  readonly signature: string | undefined;
}

/** The fields that the second signature covers (reference: client start of payment). */
const SECOND_SIGNATURE = new Set(["appId", "timeStamp", "nonceStr", "package", "signType"]);

export function read(body: string): Reading {
  const text = body.trim();
  if (text === "") return { kind: "nothing", pretty: "", fields: [], signature: undefined };
  if (text.startsWith("{") || text.startsWith("[")) return readJson(text) ?? plain(body);
  if (/^<xml[\s>]/i.test(text)) return readXml(text) ?? plain(body);
  return plain(body);
}

/** Names by their bytes: the order of the string to sign. */
export function byBytes(left: string, right: string): number {
  const [a, b] = [new TextEncoder().encode(left), new TextEncoder().encode(right)];
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The fields of a server message: everything is signed except `sign` itself and what is empty. */
export function fieldsOf(entries: readonly (readonly [string, string])[]): Field[] {
  const isSigned = entries.some(([name, value]) => name === "sign" && value !== "");
  const part = (name: string, value: string): Field["part"] => {
    if (!isSigned) return "unsigned";
    if (name === "sign") return "signature";
    return value === "" ? "empty" : "signed";
  };
  return sorted(entries.map(([name, value]) => ({ name, value, part: part(name, value) })));
}

function plain(body: string): Reading {
  return { kind: "text", pretty: body, fields: [], signature: undefined };
}

function readJson(text: string): Reading | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const pretty = JSON.stringify(value, null, 2);
  const paySign = typeof value === "object" && value !== null && "paySign" in value ? value.paySign : undefined;
  if (typeof paySign !== "string" || paySign === "") return { kind: "json", pretty, fields: [], signature: undefined };
  const fields = Object.entries(value as object).map(([name, content]): Field => ({
    name,
    value: typeof content === "string" ? content : JSON.stringify(content),
    part: name === "paySign" ? "signature" : SECOND_SIGNATURE.has(name) ? "signed" : "unsigned",
  }));
  return { kind: "json", pretty, fields: sorted(fields), signature: paySign };
}

function readXml(text: string): Reading | undefined {
  const root = new DOMParser().parseFromString(text, "text/xml").documentElement;
  const children = [...root.children];
  if (root.nodeName !== "xml" || children.some((child) => child.children.length > 0)) return undefined;
  const fields = fieldsOf(children.map((child) => [child.nodeName, child.textContent ?? ""]));
  const write = new XMLSerializer();
  const lines = children.map((child) => `  ${write.serializeToString(child)}`);
  return {
    kind: "xml",
    pretty: ["<xml>", ...lines, "</xml>"].join("\n"),
    fields,
    signature: fields.find(({ part }) => part === "signature")?.value,
  };
}

function sorted(fields: Field[]): Field[] {
  return fields.sort((left, right) => byBytes(left.name, right.name));
}
