/** One paste that holds two messages: WeChat's XML and the client's parameters beside it. */

export interface Part {
  readonly start: number;
  readonly text: string;
}

const XML = /<(xml|root)\b[^>]*>[\s\S]*?<\/\1\s*>/i;
const CLIENT = /paySign|nonceStr|timeStamp|noncestr|prepay_id=/;

/** The client's part first, because its signature is the second one; a single message is one part. */
export function split(text: string): readonly Part[] {
  const xml = XML.exec(text);
  if (xml === null) return [{ start: 0, text }];
  const end = xml.index + xml[0].length;
  const around = [{ start: 0, text: text.slice(0, xml.index) }, { start: end, text: text.slice(end) }];
  const client = around.find((part) => CLIENT.test(part.text) && /[{=]/.test(part.text));
  return client === undefined ? [{ start: 0, text }] : [client, { start: xml.index, text: xml[0] }];
}

/** Whether a text holds the client's parameters. */
export function isClient(text: string): boolean {
  return CLIENT.test(text) && !XML.test(text);
}
