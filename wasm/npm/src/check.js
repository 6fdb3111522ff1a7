// Checks what comes in and makes the flat strings `part\0part\0…` that the module takes.
import { WxPayError } from './error.js';

/** The core takes no more either; checked here so that it is never copied. */
const MAX_UNITS = 1 << 24;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?:[^\ud800-\udbff]|^)[\udc00-\udfff]/;

/** `head`, how many fields there are, then names and values. The module refuses a NUL inside one: the count is wrong then. */
export function flatten(params, head) {
  if (Object.prototype.toString.call(params) !== '[object Object]') {
    throw new WxPayError('not_an_object', 'params: expected a plain object of names and values', 'params');
  }
  const names = Object.keys(params);
  let flat = head + names.length;
  for (const name of names) {
    const value = params[name];
    flat = `${flat}\0${name}\0${typeof value === 'string' ? value : number(value, name)}`;
  }
  if (flat.length > MAX_UNITS) throw new WxPayError('too_large', 'params: too large', 'params');
  if (!isWellFormed(flat)) {
    for (const name of names) {
      wellFormed(name, name);
      wellFormed(String(params[name]), name);
    }
  }
  return flat;
}

/** The error for the field with a NUL. */
export function nulIn(params) {
  const name = Object.keys(params).find((name) => name.includes('\0') || String(params[name]).includes('\0'));
  return new WxPayError('nul', `${shown(name)}: contains the character NUL`, name);
}

/** A text that can cross the boundary unchanged. */
export function text(value, field) {
  if (typeof value !== 'string') {
    throw new WxPayError('not_a_string', `${field}: expected a string, found ${kind(value)}`, field);
  }
  if (value.includes('\0')) throw new WxPayError('nul', `${field}: contains the character NUL`, field);
  wellFormed(value, field);
  return value;
}

export function signType(value, field) {
  if (value !== 'MD5' && value !== 'HMAC-SHA256') {
    throw new WxPayError('unknown_sign_type', `${field}: expected "MD5" or "HMAC-SHA256"`, field);
  }
  return value;
}

/** Seconds since 1970, as text. */
export function seconds(value, field) {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^(0|[1-9][0-9]{0,9})$/.test(text)) {
    const message = `${field}: expected whole seconds since 1970, at most 10 digits; Math.floor(Date.now() / 1000)`;
    throw new WxPayError('not_seconds', message, field);
  }
  return text;
}

function isWellFormed(text) {
  return text.isWellFormed ? text.isWellFormed() : !LONE_SURROGATE.test(text);
}

function wellFormed(value, field) {
  if (!isWellFormed(value)) {
    const message = `${shown(field)}: half of a surrogate pair, such as an emoji cut in two`;
    throw new WxPayError('lone_surrogate', message, field);
  }
}

function number(value, name) {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const fail = (code, message) => new WxPayError(code, `${shown(name)}: ${message}`, name);
  switch (typeof value) {
    case 'number':
      if (Number.isInteger(value)) {
        throw fail('unsafe_integer', 'is too large to be exact as a number; pass a string');
      }
      throw fail('not_an_integer', 'is not a whole number; amounts are whole fen, other decimals go in as strings');
    case 'undefined':
    case 'object':
      if (value == null) throw fail('missing', `is ${value}; leave the field out, or pass '' to send it empty`);
      throw fail('nested', 'is an object; pass the text that is sent, such as JSON.stringify(value)');
    default:
      throw fail('not_a_string', `is a ${typeof value}; pass the text that is sent`);
  }
}

function kind(value) {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function shown(name) {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}
