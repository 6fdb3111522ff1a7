// explain, on top of the module `explain.wasm`.
import { signType, text } from './check.js';
import { WxPayError } from './error.js';
import { gbkOf } from './gbk.js';

/** In UTF-8 bytes; the core reads no more. */
const MAX_BYTES = 256 * 1024;
const TEXTS = ['key', 'scene', 'sign', 'appid', 'format', 'other', 'url'];

export function makeExplain(engine) {
  return (input, options = {}) => {
    small(text(input, 'text'), 'text');
    const flat = optionParts(options);
    const gbk = gbkOf(input);
    if (gbk) flat.push('gbk', gbk);
    return JSON.parse(engine.call('explain', [input, ...flat].join('\0')));
  };
}

function optionParts(options) {
  if (typeof options !== 'object' || options === null) {
    throw new WxPayError('not_an_object', 'options: expected an object', 'options');
  }
  const flat = [];
  for (const name of TEXTS) {
    if (options[name] !== undefined) flat.push(name, small(text(options[name], name), name));
  }
  if (options.signType !== undefined) flat.push('sign_type', signType(options.signType, 'signType'));
  const candidates = options.candidates === undefined ? [] : options.candidates;
  if (!Array.isArray(candidates)) {
    throw new WxPayError('bad_option', 'candidates: expected an array of { kind, label?, key }', 'candidates');
  }
  if (candidates.length > 0 && options.key === undefined) {
    throw new WxPayError('bad_option', 'candidates: give key too, the one that should fit', 'candidates');
  }
  candidates.forEach((candidate, at) => flat.push(...candidateParts(candidate, `candidates[${at}]`)));
  return flat;
}

function candidateParts(candidate, field) {
  if (typeof candidate !== 'object' || candidate === null) {
    throw new WxPayError('bad_option', `${field}: expected { kind, label?, key }`, field);
  }
  const kind = text(candidate.kind, `${field}.kind`);
  const label = candidate.label === undefined ? kind : text(candidate.label, `${field}.label`);
  return [`candidate:${kind}:${label}`, text(candidate.key, `${field}.key`)];
}

function small(value, field) {
  if (value.length > MAX_BYTES) {
    throw new WxPayError('too_large', `${field}: at most ${MAX_BYTES} bytes are read`, field);
  }
  return value;
}
