// The functions on top of the module `wxpay.wasm`.
import { flatten, nulIn, seconds, signType, text } from './check.js';
import { WxPayError } from './error.js';

const INVOKE = {
  mini_program: ['appid', 'prepay_id', 'time_stamp', 'nonce_str'],
  app: ['appid', 'mch_id', 'prepay_id', 'time_stamp', 'nonce_str'],
  native: ['appid', 'mch_id', 'product_id', 'time_stamp', 'nonce_str'],
};

export function makeCalls(engine) {
  const ask = (name, input, bytes) => JSON.parse(engine.call(name, input, bytes));
  const signing = (key, type) => `${text(key, 'key')}\0${signType(type, 'signType')}\0`;
  /** The module counts the fields; which of them has a NUL inside is found out here. */
  const call = (name, head, params) => {
    const flat = flatten(params, head);
    try {
      return engine.call(name, flat);
    } catch (error) {
      throw error.code === 'nul' ? nulIn(params) : error;
    }
  };
  return {
    sign: (params, key, type) => call('sign', signing(key, type), params),
    verify: (params, key, type) => call('verify', signing(key, type), params) === 'true',
    verifyXml: (xml, key, type) =>
      typeof xml === 'string'
        ? ask('verify_xml', signing(key, type) + text(xml, 'xml'))
        : ask('verify_xml', signing(key, type), bytes(xml)),
    stringToSign: (params) => call('string_to_sign', '', params),
    invoke: (kind, args, key) => ask('invoke', invokeParts(kind, args, key)),
    parseXml: (xml) => (typeof xml === 'string' ? ask('parse_xml', text(xml, 'xml')) : ask('parse_xml', '', bytes(xml))),
    buildXml: (params) => call('build_xml', '', params),
    decryptRefundNotice: (reqInfo, key) => ask('decrypt_refund_notice', `${text(key, 'key')}\0${text(reqInfo, 'reqInfo')}`),
  };
}

function invokeParts(kind, args, key) {
  const names = Object.prototype.hasOwnProperty.call(INVOKE, kind) ? INVOKE[kind] : undefined;
  if (!names) {
    throw new WxPayError('bad_option', "kind: expected 'mini_program', 'app' or 'native'", 'kind');
  }
  if (typeof args !== 'object' || args === null) {
    throw new WxPayError('not_an_object', `args: expected an object with ${names.join(', ')}, sign_type`, 'args');
  }
  const parts = [kind, text(key, 'key'), signType(args.sign_type, 'sign_type')];
  for (const name of names) {
    parts.push(name === 'time_stamp' ? seconds(args[name], name) : filled(args[name], name));
  }
  return parts.join('\0');
}

function filled(value, field) {
  if (text(value, field) === '') throw new WxPayError('missing', `${field}: is empty`, field);
  return value;
}

function bytes(xml) {
  if (xml instanceof Uint8Array) return xml;
  throw new WxPayError('not_a_string', 'xml: expected a string or a Uint8Array', 'xml');
}
