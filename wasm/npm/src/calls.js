// The functions on top of the module `wxpay.wasm`.
import { flatten, seconds, signType, text, unflatten } from './check.js';
import { WxPayError } from './error.js';

const INVOKE = {
  mini_program: ['appid', 'prepay_id', 'time_stamp', 'nonce_str'],
  app: ['appid', 'mch_id', 'prepay_id', 'time_stamp', 'nonce_str'],
  native: ['appid', 'mch_id', 'product_id', 'time_stamp', 'nonce_str'],
};

export function makeCalls(engine) {
  const signing = (params, key, type) => flatten(params, `${text(key, 'key')}\0${signType(type, 'signType')}`);
  return {
    sign: (params, key, type) => engine.call('sign', signing(params, key, type)),
    verify: (params, key, type) => engine.call('verify', signing(params, key, type)),
    stringToSign: (params) => engine.call('string_to_sign', flatten(params)),
    invoke: (kind, args, key) => invoke(engine, kind, args, key),
    parseXml: (xml) => unflatten(engine.call('parse_xml', bytes(engine, xml))),
    buildXml: (params) => engine.call('build_xml', flatten(params)),
    decryptRefundNotice: (reqInfo, key) =>
      unflatten(engine.call('decrypt_refund_notice', `${text(key, 'key')}\0${text(reqInfo, 'reqInfo')}`)),
  };
}

function invoke(engine, kind, args, key) {
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
  const out = engine.call('invoke', parts.join('\0'));
  return kind === 'native' ? out : unflatten(out);
}

function filled(value, field) {
  if (text(value, field) === '') throw new WxPayError('missing', `${field}: is empty`, field);
  return value;
}

function bytes(engine, xml) {
  if (xml instanceof Uint8Array) return xml;
  if (typeof xml === 'string') return engine.encode(text(xml, 'xml'));
  throw new WxPayError('not_a_string', 'xml: expected a string or a Uint8Array', 'xml');
}
