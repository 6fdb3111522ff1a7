// What is measured of ours, and what a page would do by hand. Runs in Node and in a page.

export function ours(wxpay, { key, order, notice }) {
  const { params } = order;
  const verify = (xml, type) => wxpay.verifyXml(xml, key, type);
  const write = () => wxpay.buildXml({ ...params, sign: wxpay.sign(params, key, 'MD5') });
  same(wxpay.sign(params, key, 'MD5'), order.md5);
  same(wxpay.sign(params, key, 'HMAC-SHA256'), order.hmac_sha256);
  same(verify(notice.xml_md5, 'MD5').sign, notice.md5);
  same(verify(notice.xml_hmac_sha256, 'HMAC-SHA256').sign, notice.hmac_sha256);
  return [
    { name: 'wxpay-wasm\tsign_md5', make: () => wxpay.sign(params, key, 'MD5') },
    { name: 'wxpay-wasm\tsign_hmac', make: () => wxpay.sign(params, key, 'HMAC-SHA256') },
    { name: 'wxpay-wasm\tsigned_xml_md5', make: write },
    { name: 'wxpay-wasm\tverify_md5', make: () => verify(notice.xml_md5, 'MD5') },
    { name: 'wxpay-wasm\tverify_hmac', make: () => verify(notice.xml_hmac_sha256, 'HMAC-SHA256') },
  ];
}

/** The function that stands in most tutorials, with the md5 of the npm package js-md5. */
export function byHand(md5, { key, order }) {
  const sign = (params) => {
    const names = Object.keys(params).filter((name) => name !== 'sign' && params[name] !== '');
    const text = names.sort().map((name) => `${name}=${params[name]}`).join('&');
    return md5(`${text}&key=${key}`).toUpperCase();
  };
  same(sign(order.params), order.md5);
  return [{ name: 'js-md5\tsign_md5', make: () => sign(order.params) }];
}

/** A search through all mistakes that finds none. */
export function searches(explain, { key, order }) {
  const search = (signType) => {
    const sign = '0123456789ABCDEF'.repeat(signType === 'MD5' ? 2 : 4);
    const report = explain(JSON.stringify(order.params), { key, sign, signType });
    if (report.causes.length > 0) throw new Error('nothing explains this signature');
  };
  return [
    { name: 'wxpay-wasm\texplain_md5', make: () => search('MD5') },
    { name: 'wxpay-wasm\texplain_hmac', make: () => search('HMAC-SHA256') },
  ];
}

export function same(found, expected) {
  if (found !== expected) throw new Error(`expected ${expected}, found ${found}`);
}
