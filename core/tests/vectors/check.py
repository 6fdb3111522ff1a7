#!/usr/bin/env python3
"""Recomputes every value in this folder with hashlib and hmac alone; it shares no code with the library it checks.

Run: python3 check.py
Prints "N passed, 0 failed" and exits 0, or names the first mismatch and exits 1.
The AES part needs the package `cryptography`; without it that part is skipped, and the program says so.
"""
import base64
import hashlib
import hmac
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

try:
    from cryptography.hazmat.primitives import padding
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
except ImportError:
    Cipher = None

HERE = Path(__file__).resolve().parent
passed = 0


def check(name, expected, found):
    global passed
    if expected != found:
        print(f"FAILED {name}\n  in the file: {expected!r}\n  recomputed:  {found!r}\n{passed} passed, 1 failed")
        sys.exit(1)
    passed += 1


def load(name):
    raw = (HERE / name).read_bytes()
    check(f"{name}: no BOM, no CR, one newline at the end", (False, False, True),
          (raw.startswith(b"\xef\xbb\xbf"), b"\r" in raw, raw.endswith(b"\n") and not raw.endswith(b"\n\n")))
    return json.loads(raw.decode("utf-8"))


# The rule itself.

def signed(params):
    return [(name, value) for name, value in params if name != "sign" and value != ""]


def by_bytes(params):
    return sorted(params, key=lambda pair: pair[0].encode())


def join(params, separator="&"):
    return separator.join(f"{name}={value}" for name, value in params)


def string_to_sign(params):
    return join(by_bytes(signed(params)))


def md5(text, charset="utf-8"):
    return hashlib.md5(text.encode(charset)).hexdigest().upper()


def hmac_sha256(text, key):
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def sign(params, key, sign_type="MD5"):
    text = string_to_sign(params) + "&key=" + key
    return {"MD5": lambda: md5(text), "HMAC-SHA256": lambda: hmac_sha256(text, key)}[sign_type]()


# The mistakes. Each takes (params, key) and signs as the person who makes that mistake would.

def with_key(text, key):
    return md5(text + "&key=" + key)


def keys(change):
    return lambda p, k: sign(p, change(k))


def values(change):
    return lambda p, k: sign([(name, change(value)) for name, value in signed(p)], k)


def text(change):
    return lambda p, k: md5(change(string_to_sign(p) + "&key=" + k))


def put(name, value):
    return lambda p, k: sign([(n, value if n == name else v) for n, v in p], k)


def add(name, value):
    return lambda p, k: sign([*p, (name, value)], k)


def drop(pattern):
    return lambda p, k: sign([pair for pair in p if not re.fullmatch(pattern, pair[0])], k)


def rename(names):
    return lambda p, k: sign([(names.get(n, n), v) for n, v in p], k)


def sort(order, reverse=False):
    return lambda p, k: with_key(join(sorted(signed(p), key=order, reverse=reverse)), k)


def keep_empty(p, k):
    return with_key(join(by_bytes(p)), k)


def sign_in_string(value_of):
    return lambda p, k: with_key(join(by_bytes([*signed(p), ("sign", value_of(p, k))])), k)


def json_escape(value):
    return re.sub(r"[^\x00-\x7f]", lambda m: f"\\u{ord(m[0]):04x}", value)


VARIANTS = {
    "lower-case hex": lambda p, k: sign(p, k).lower(),
    "no key at all": lambda p, k: md5(string_to_sign(p)),
    "key glued on without &key=": lambda p, k: md5(string_to_sign(p) + k),
    "key sorted among the params": lambda p, k: md5(string_to_sign([*p, ("key", k)])),
    "&secret= instead of &key=": lambda p, k: md5(string_to_sign(p) + "&secret=" + k),
    "key with trailing LF": keys(lambda k: k + "\n"),
    "key with trailing CRLF": keys(lambda k: k + "\r\n"),
    "key with leading space": keys(lambda k: " " + k),
    "key upper-cased": keys(str.upper),
    "insertion (unsorted) order": lambda p, k: with_key(join(signed(p)), k),
    "descending order": sort(lambda pair: pair[0].encode(), reverse=True),
    "empty device_info= kept": keep_empty,
    "device_info=null": put("device_info", "null"),
    "device_info=undefined": put("device_info", "undefined"),
    "sign= (empty) kept in the string": sign_in_string(lambda p, k: ""),
    "signed twice, first sign inside the string": sign_in_string(sign),
    "values percent-encoded, RFC 3986 (%20)": values(lambda v: quote(v, safe="")),
    "values form-encoded (+)": values(quote_plus),
    "values XML-escaped (&amp;)": values(escape),
    "values XML-escaped including &quot;": values(lambda v: escape(v, {'"': "&quot;"})),
    "CDATA wrapper inside every value": values(lambda v: f"<![CDATA[{v}]]>"),
    "every & of the string as &amp;, the one inside body too": text(lambda t: t.replace("&", "&amp;")),
    "&notify_url shown as ¬ify_url": text(lambda t: t.replace("&notify_url", "¬ify_url")),
    "&trade_type shown as ™_type": text(lambda t: t.replace("&trade_type", "™_type")),
    "both entity manglings": text(lambda t: t.replace("&notify_url", "¬ify_url").replace("&trade_type", "™_type")),
    "GBK bytes": lambda p, k: md5(string_to_sign(p) + "&key=" + k, "gbk"),
    "non-ASCII replaced by ?": text(lambda t: re.sub(r"[^\x00-\x7f]", "?", t)),
    "UTF-8 double-encoded (mojibake)": text(lambda t: t.encode().decode("latin-1")),
    "non-ASCII as JSON \\uXXXX": values(json_escape),
    "UTF-16LE bytes": lambda p, k: md5(string_to_sign(p) + "&key=" + k, "utf-16-le"),
    "BOM before the string": text(lambda t: "\ufeff" + t),
    "spaces removed from values": values(lambda v: v.replace(" ", "")),
    "double quotes backslash-escaped": values(lambda v: v.replace('"', '\\"')),
    "quotes as \\x22": values(lambda v: v.replace('"', "\\x22")),
    "sign_type=MD5 signed, not sent": add("sign_type", "MD5"),
    "total_fee as 88.0": put("total_fee", "88.0"),
    "total_fee as 88.00": put("total_fee", "88.00"),
    "total_fee in yuan 0.88": put("total_fee", "0.88"),
    "total_fee ×100 twice 8800": put("total_fee", "8800"),
    "appId instead of appid": rename({"appid": "appId"}),
    "& after the last pair (&&key=)": lambda p, k: with_key(string_to_sign(p) + "&", k),
    "newline after every & of the string, the one inside body too": text(lambda t: t.replace("&", "&\n")),
    "SHA-1": lambda p, k: hashlib.sha1((string_to_sign(p) + "&key=" + k).encode()).hexdigest().upper(),
    "16-char MD5 (middle half)": lambda p, k: sign(p, k)[8:24],
}

CAMEL_CASE = {"partnerid": "partnerId", "prepayid": "prepayId", "noncestr": "nonceStr", "timestamp": "timeStamp", "appid": "appId"}
OTHERS = {
    "MD5 computed although signType says HMAC-SHA256": sign,
    'names sorted as if "_" were not there': sort(lambda pair: pair[0].replace("_", "")),
    "names sorted without regard to case": sort(lambda pair: pair[0].lower()),
    "APP payment signed with camelCase names": rename(CAMEL_CASE),
    "empty attach kept": keep_empty,
    "sign_type dropped": drop("sign_type"),
    "unknown future_field dropped": drop("future_field"),
    "indexed coupon fields dropped": drop(r"coupon_\w+_\d+"),
    "local field local_id=1 added": add("local_id", "1"),
    "leading zeros lost in big-integer formatting": lambda p, k: f"{int(sign(p, k), 16):X}",
}


# The files.

def check_sign():
    vectors = load("sign.json")
    check("sign.json: ids differ", len(vectors), len({v["id"] for v in vectors}))
    for v in vectors:
        check(f"{v['id']} string_to_sign", v["string_to_sign"], string_to_sign(v["params"]))
        check(f"{v['id']} has a signature", True, "md5" in v or "hmac_sha256" in v)
        for field, sign_type in (("md5", "MD5"), ("hmac_sha256", "HMAC-SHA256")):
            if field in v:
                check(f"{v['id']} {field}", v[field], sign(v["params"], v["key"], sign_type))
    return {v["id"]: v for v in vectors}


def check_mistakes(vectors):
    m = load("mistakes.json")
    check("mistakes: md5", m["md5"], sign(m["params"], m["key"]))
    check("mistakes: hmac_sha256", m["hmac_sha256"], sign(m["params"], m["key"], "HMAC-SHA256"))
    check("mistakes: one function for each variant", sorted(VARIANTS), sorted(v["what"] for v in m["variants"]))
    for v in m["variants"]:
        check(f"{v['id']} {v['what']}", v["sign"], VARIANTS[v["what"]](m["params"], m["key"]))
    signs = [m["md5"], m["hmac_sha256"], *(v["sign"] for v in m["variants"])]
    check("mistakes: all signatures differ", len(signs), len(set(signs)))
    check("mistakes: one function for each of the others", sorted(OTHERS), sorted(o["what"] for o in m["others"]))
    for o in m["others"]:
        name, base = f"{o['id']} {o['vector']} {o['what']}", vectors[o["vector"]]
        check(f"{name}: params and key as in sign.json", (base["params"], base["key"]), (o["params"], o["key"]))
        check(f"{name}: correct", o["correct"], sign(o["params"], o["key"], o["sign_type"]))
        check(name, o["sign"], OTHERS[o["what"]](o["params"], o["key"]))
        check(f"{name}: is wrong", True, o["sign"] != o["correct"])


def check_messages(vectors):
    messages = {m["id"]: m for m in load("messages.json")}
    for m in messages.values():
        check(f"{m['id']} params are sorted", m["params"], by_bytes(m["params"]))
        received = dict(m["params"]).get("sign")
        if "arguments" in m:
            received = m["arguments"]["paySign"]
            rest = {n: v for n, v in m["params"] if n != "appId"}
            check(f"{m['id']} arguments", m["arguments"], {**rest, "paySign": received})
        else:
            root = ElementTree.fromstring(m["xml"])
            check(f"{m['id']} root", "xml", root.tag)
            check(f"{m['id']} decoded", m["params"], by_bytes([[child.tag, child.text or ""] for child in root]))
        check(f"{m['id']} has a sign or no sign_type", "sign_type" in m, received is not None)
        if received is not None:
            check(f"{m['id']} signature", received, sign(m["params"], m["key"], m["sign_type"]))
    for message, vector in (("M1", "V13"), ("M4", "V7"), ("M6", "V2")):
        pairs = [pair for pair in messages[message]["params"] if pair[0] != "sign"]
        check(f"{message} is {vector}", by_bytes(vectors[vector]["params"]), pairs)
    return messages


def check_refund_notice(messages):
    vectors = load("refund_notice.json")
    for v in vectors:
        check(f"{v['id']} aes_key", v["aes_key"], hashlib.md5(v["key"].encode()).hexdigest())
        check(f"{v['id']} plaintext root", "root", ElementTree.fromstring(v["plaintext"]).tag)
        if Cipher is not None:
            encryptor = Cipher(algorithms.AES(v["aes_key"].encode()), modes.ECB()).encryptor()
            padder = padding.PKCS7(128).padder()
            padded = padder.update(v["plaintext"].encode()) + padder.finalize()
            found = base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
            check(f"{v['id']} req_info", v["req_info"], found)
    if Cipher is None:
        print("skipped: AES of refund_notice.json (the package `cryptography` is not installed)")
    check("M5 req_info is V8a", vectors[0]["req_info"], dict(messages["M5"]["params"])["req_info"])


def check_bill():
    raw = (HERE / "bill_all.csv").read_bytes()
    check("bill: BOM first, no CR, LF last", (b"\xef\xbb\xbf", False, b"\n"), (raw[:3], b"\r" in raw, raw[-1:]))
    header, data, summary_header, summary = raw.decode("utf-8-sig").splitlines()
    cells = [len(header.split(",")), len(data[1:].split(",`")), len(summary_header.split(",")), len(summary[1:].split(",`"))]
    check("bill: columns", [27, 27, 7, 7], cells)
    row = dict(zip(header.split(","), data[1:].split(",`")))
    total = dict(zip(summary_header.split(","), summary[1:].split(",`")))
    check("bill: a comma inside a field", "a,b商品", row["商品名称"])
    for one, all_of_them in (("应结订单金额", "应结订单总金额"), ("退款金额", "退款总金额"), ("充值券退款金额", "充值券退款总金额"),
                             ("手续费", "手续费总金额"), ("订单金额", "订单总金额"), ("申请退款金额", "申请退款总金额")):
        check(f"bill: {all_of_them} of one row", row[one], total[all_of_them])


def main():
    vectors = check_sign()
    check_mistakes(vectors)
    messages = check_messages(vectors)
    check_refund_notice(messages)
    check_bill()
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
