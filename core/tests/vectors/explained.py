#!/usr/bin/env python3
"""Writes explained.json: wrong signatures made on purpose, one or more for every mistake of the explanation.

Nothing here is shared with the crate: the signatures come from Python's own hashlib, hmac, urllib, json and unicodedata.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import unicodedata
from urllib.parse import quote, quote_plus

KEY = "Zk3Lw8QyT5nVb1RcXd7MpHs4JgFa9UeE"
HEXKEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
REQUEST = [
    ("appid", "wx0a1b2c3d4e5f6071"), ("mch_id", "1900000777"), ("device_info", ""),
    ("nonce_str", "Xy7Kd93LmPq20ZtVbN4sRw8HcJf6GuAe"), ("body", '两杯 茶 & "A+B" <x>'),
    ("detail", '{"goods": [{"id": "a/b", "n": "茶"}]}'), ("out_trade_no", "20261121-000042"), ("total_fee", "5650"),
    ("spbill_create_ip", "203.0.113.9"), ("time_start", "20261121010203"),
    ("notify_url", "https://shop.example/wxpay/notify"), ("trade_type", "JSAPI"), ("profit_sharing", "N"),
    ("openid", "oABCDEFGHIJKLMNOPQRSTUVWX012"),
]
NOTICE = [
    ("return_code", "SUCCESS"), ("result_code", "SUCCESS"), ("appid", "wx0a1b2c3d4e5f6071"), ("mch_id", "1900000777"),
    ("sub_mch_id", "1900000888"), ("sub_openid", "oZYXWVUTSRQPONMLKJIHGFEDCB98"), ("nonce_str", "Pq20ZtVbN4sRw8Hc"),
    ("openid", "oABCDEFGHIJKLMNOPQRSTUVWX012"), ("is_subscribe", "N"), ("trade_type", "JSAPI"), ("bank_type", "OTHERS"),
    ("total_fee", "5650"), ("cash_fee", "5600"), ("coupon_fee", "50"), ("coupon_count", "1"), ("coupon_id_0", "77001"),
    ("coupon_fee_0", "50"), ("transaction_id", "4200000099202611210000000042"), ("out_trade_no", "20261121-000042"),
    ("attach", ""), ("time_end", "20261121010233"), ("sign_type", "MD5"), ("new_field", ' say "hi" '),
]
INVOKE = [
    ("appId", "wx0a1b2c3d4e5f6071"), ("timeStamp", "1795222923"), ("nonceStr", "Lm93Kd7YXq20"),
    ("package", "prepay_id=wx21012345678901abcdef0123456789000"), ("signType", "MD5"),
]
APP = [
    ("appid", "wx0a1b2c3d4e5f6071"), ("partnerid", "1900000777"), ("prepayid", "wx21012345678901abcdef0123456789000"),
    ("package", "Sign=WXPay"), ("noncestr", "Lm93Kd7YXq20"), ("timestamp", "1795222923"),
]
filled = lambda pairs: [(n, v) for n, v in pairs if v != ""]
by_name = lambda pairs: sorted(pairs, key=lambda p: p[0].encode())
join = lambda pairs, sep="&", eq="=": sep.join(n + eq + v for n, v in pairs)
md5 = lambda text: hashlib.md5(text if isinstance(text, bytes) else text.encode()).hexdigest().upper()
mac = lambda text, key=KEY: hmac.new(key if isinstance(key, bytes) else key.encode(), text.encode(), "sha256").hexdigest().upper()
text = lambda pairs, key=KEY, tail="&key=": join(by_name(filled(pairs))) + tail + key
each = lambda pairs, change: [(n, change(v)) for n, v in filled(pairs)]


def put(pairs, **changes):
    new = [(n, changes.pop(n)) if n in changes else (n, v) for n, v in pairs]
    return new + list(changes.items())


def drop(pairs, *names):
    return [p for p in pairs if not (p[0] in names or any(n.endswith("*") and p[0].startswith(n[:-1]) for n in names))]


def rename(pairs, **names):
    return [(names.get(n, n), v) for n, v in pairs]


def xml_escape(v):
    return v.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


cases = []


def case(id, what, pairs, sign, **more):
    cases.append({"id": id, "what": what, "scene": more.pop("scene", "request"), "params": pairs, "sign": sign, "key": more.pop("key", KEY), **more})


R, N, I, A = REQUEST, NOTICE, INVOKE, APP
# A: the key
for id, kind, other in [("A1", "other_merchant", "8Kq2Zt5Vb1NsRw4HcJf7GuAe9Xy3Ld6M"), ("A2", "app_secret", "b7d1f0e2c3a495867768594a3b2c1d0e"),
                        ("A3", "api_v3", "v3v3v3KeyKeyKeyKeyKeyKeyKey01234"), ("A10", "old", "OldOldOldOldOldOldOldOldOldOld00"),
                        ("A11", "sub_merchant", "SubSubSubSubSubSubSubSubSubSub11"), ("A12", "sandbox", "SandboxSandboxSandboxSandbox2222")]:
    case(id, "signed with the key of kind " + kind, R, md5(text(R, other)), others=[[kind, other]])
case("A4", "mch_id as the key", R, md5(text(R, "1900000777")))
case("A5", "empty key", R, md5(text(R, "")))
case("A5", "key undefined", R, md5(text(R, "undefined")))
case("A6", "key with a trailing CR LF", R, md5(text(R, KEY + "\r\n")))
case("A6", "key with a tab before it", R, md5(text(R, "\t" + KEY)))
case("A6", "the given key has a line break, the signature was made without", R, md5(text(R)), key=KEY + "\n")
case("A7", "key after a BOM", R, md5(text(R, "\ufeff" + KEY)))
case("A7", "full-width key", R, md5(text(R, "".join(chr(ord(c) + 0xfee0) for c in KEY))))
case("A8", "key in lower case", R, md5(text(R, KEY.lower())))
case("A9", "key without its last character", R, md5(text(R, KEY[:-1])))
# B: the string
case("B1", "not sorted", R, md5(join(filled(R)) + "&key=" + KEY))
case("B2", "descending", R, md5(join(by_name(filled(R))[::-1]) + "&key=" + KEY))
case("B2", "by value", R, md5(join(sorted(filled(R), key=lambda p: p[1].encode())) + "&key=" + KEY))
prefix = [("fee", "1"), ("fee0", "2"), ("fee_type", "3"), ("appid", "wx1")]
case("B2", "by the whole pair", prefix, md5(join(sorted(prefix, key=lambda p: "=".join(p).encode())) + "&key=" + KEY))
case("B3", "underscore ignored", R + [("out", "1"), ("outer", "2"), ("out_a", "3")],
     md5(join(sorted(filled(R + [("out", "1"), ("outer", "2"), ("out_a", "3")]), key=lambda p: p[0].replace("_", ""))) + "&key=" + KEY))
case("B3", "underscore behind the letters", [("re_openid", "o"), ("remark", "r"), ("appid", "w")],
     md5("appid=w&remark=r&re_openid=o&key=" + KEY))
mixed = [("appid", "w"), ("Body", "b"), ("Zip", "z"), ("nonce_str", "n")]
case("B3", "case ignored", mixed, md5(join(sorted(mixed, key=lambda p: p[0].lower())) + "&key=" + KEY))
case("B4", "names in lower case, then sorted", mixed, md5(join(sorted((n.lower(), v) for n, v in mixed)) + "&key=" + KEY))
case("B5", "empty value signed", R, md5(join(by_name(R)) + "&key=" + KEY))
case("B5", "attach signed empty but not sent", R, md5(join(by_name(filled(R) + [("attach", "")])) + "&key=" + KEY))
for word in ["null", "undefined", "None", "[object Object]"]:
    case("B6", "empty value as " + word, R, md5(text(put(R, device_info=word))))
case("B7", "sign= signed empty", R, md5(join(by_name(filled(R) + [("sign", "")])) + "&key=" + KEY))
case("B7", "signed twice", R, md5(text(R + [("sign", md5(text(R)))])))
case("B8", "no key", R, md5(join(by_name(filled(R)))))
case("B9", "key glued on", R, md5(text(R, tail="")))
case("B10", "key sorted in", R, md5(join(by_name(filled(R) + [("key", KEY)]))))
case("B10", "key first", R, md5(KEY + join(by_name(filled(R)))))
case("B11", "&Key=", R, md5(text(R, tail="&Key=")))
case("B11", "&api_key=", R, md5(text(R, tail="&api_key=")))
case("B12", "& at the end", R, md5(text(R, tail="&&key=")))
case("B12", "? at the start", R, md5("?" + text(R)))
case("B13", "template with line breaks", R, md5(join(by_name(filled(R)), "\n&") + "&key=" + KEY))
case("B14", "a map's own text", R, md5("{" + join(by_name(filled(R)), ", ") + "}&key=" + KEY))
case("B14", "; as separator", R, md5(join(by_name(filled(R)), ";") + "&key=" + KEY))
case("B15", "XML signed", R, md5("<xml>" + "".join(f"<{n}>{v}</{n}>" for n, v in by_name(filled(R))) + "</xml>&key=" + KEY))
case("B16", "http_build_query", R, md5("&".join(n + "=" + quote_plus(v) for n, v in by_name(filled(R))) + "&key=" + KEY))
case("B17", "field named key dropped", R + [("key", "shop7")], md5(text(R)))
case("B18", "of a repeated name the first counts", [("a", "1"), ("b", "2"), ("a", "3")], md5("a=1&b=2&key=" + KEY))
case("B19", "array as ids[0]", R + [("ids", '["7","8"]')], md5(text(R + [("ids[0]", "7"), ("ids[1]", "8")])))
# C: encoding
enc = lambda change, pairs=R: md5(text(each(pairs, change)))
case("C1", "percent-encoded", R, enc(lambda v: quote(v, safe="-._~")))
case("C1", "encodeURIComponent", put(R, body="it's (1) 茶*"), enc(lambda v: quote(v, safe="-._~!'()*"), put(R, body="it's (1) 茶*")))
case("C1", "percent-encoded with lower-case hex", put(R, detail="a b"), enc(lambda v: quote(v, safe="-._~").replace("%2F", "%2f").replace("%3A", "%3a").replace("%3C", "%3c").replace("%3E", "%3e").replace("%2B", "%2b").replace("%E4%B8%A4%E6%9D%AF", "%e4%b8%a4%e6%9d%af").replace("%E8%8C%B6", "%e8%8c%b6"), put(R, detail="a b")))
case("C1", "percent-encoded twice", R, enc(lambda v: quote(quote(v, safe="-._~"), safe="-._~")))
case("C1", "only notify_url encoded", R, md5(text(put(R, notify_url=quote("https://shop.example/wxpay/notify", safe="")))))
case("C2", "XML-escaped", R, enc(xml_escape))
case("C3", "CDATA signed", R, enc(lambda v: f"<![CDATA[{v}]]>"))
case("C4", "&notify_url as ¬ify_url", R, md5(text(R).replace("&not", "¬")))
case("C4", "&timestamp and &notify_url damaged", R + [("timestamp", "1")], md5(text(R + [("timestamp", "1")]).replace("&not", "¬").replace("&times", "×")))
case("C4", "&sub_mch_id as ⊂_mch_id", drop(R, "notify_url", "trade_type") + [("sub_mch_id", "1")], md5(text(drop(R, "notify_url", "trade_type") + [("sub_mch_id", "1")]).replace("&sub", "⊂")))
case("C5", "&amp; between pairs", put(R, body="茶"), md5(join(by_name(filled(put(R, body="茶"))), "&amp;") + "&key=" + KEY))
gbk = put(R, body="测试 茶", detail="")
case("C6", "GBK bytes", gbk, md5(text(gbk).encode("gbk")))
case("C6", "Latin-1 bytes", put(R, body="café", detail=""), md5(text(put(R, body="café", detail="")).encode("latin-1")))
case("C7", "? for characters", R, md5(text(R).encode("ascii", "replace")))
case("C7", "characters removed", R, md5(text(R).encode("ascii", "ignore")))
case("C8", "UTF-8 twice", R, md5(text(R).encode().decode("latin-1").encode()))
case("C10", "\\u escapes, upper-case hex", put(R, body="茶杯\u4e2a"), md5(text(put(R, body="茶杯\u4e2a")).replace("茶", "\\u8336").replace("杯", "\\u676F").replace("\u4e2a", "\\u4E2A")))
case("C10", "\\u0026 and \\/", R, enc(lambda v: "".join("\\" + c if c in '"\\/' else "\\u%04x" % ord(c) if c in "&<>'" or ord(c) > 127 else c for c in v)))
case("C11", "UTF-16BE", R, md5(text(R).encode("utf-16-be")))
case("C12", "BOM first", R, md5("\ufeff" + text(R)))
case("C13", "full-width made ASCII", put(R, body="ＡＢＣ 茶"), md5(text(put(R, body="ABC 茶"))))
case("C14", "quotes as \\\"", R, enc(lambda v: v.replace('"', '\\"')))
case("C15", "LF signed as CR LF", put(R, body="a\nb"), md5(text(put(R, body="a\r\nb"))))
case("C15", "CR LF signed as LF", put(R, body="a\r\nb"), md5(text(put(R, body="a\nb"))))
case("C16", "NFD", put(R, body="Crème brûlée が 한"), md5(text(put(R, body=unicodedata.normalize("NFD", "Crème brûlée が 한")))))
nfd = unicodedata.normalize("NFD", "Ünï ぱ 각")
case("C16", "NFC", put(R, body=nfd), md5(text(put(R, body=unicodedata.normalize("NFC", nfd)))))
case("C17", "trimmed", put(R, body=" 茶 "), md5(text(put(R, body="茶"))))
case("C18", "emoji lost", put(R, body="茶😀"), md5(text(put(R, body="茶"))))
case("C18", "emoji as ?", put(R, body="茶😀"), md5(text(put(R, body="茶?"))))
# D: the algorithm
case("D1", "lower case", R, md5(text(R)).lower())
case("D2", "paySign by HMAC, signType MD5", I, mac(text(I)), scene="invoke")
H = R + [("sign_type", "HMAC-SHA256")]
case("D3", "MD5 although sign_type is HMAC-SHA256", H, md5(text(H)))
case("D3", "HMAC without sign_type", R, mac(text(R)))
case("D4", "HMAC without &key=", H, mac(join(by_name(filled(H)))))
case("D5", "HMAC with an empty key", H, mac(text(H), b""))
case("D5", "HMAC key decoded from hex", H, mac(text(H, HEXKEY), bytes.fromhex(HEXKEY)), key=HEXKEY)
case("D5", "HMAC key decoded from base64", H, mac(text(H), base64.b64decode(KEY)))
case("D5", "key hashed first", R, md5(text(R, hashlib.md5(KEY.encode()).hexdigest())))
case("D6", "plain SHA-256", H, hashlib.sha256(text(H).encode()).hexdigest().upper())
case("D7", "SHA-1", R, hashlib.sha1(text(R).encode()).hexdigest().upper())
case("D8", "16 characters", R, md5(text(R))[8:24])
for n in range(100000):
    zero = put(R, nonce_str=f"n{n}")
    if md5(text(zero)).startswith("00"):
        break
case("D9", "leading zeros lost", zero, md5(text(zero)).lstrip("0"))
digest = hashlib.md5(text(R).encode()).digest()
case("D9", "zeros of small bytes lost", zero, "".join("%x" % b for b in hashlib.md5(text(zero).encode()).digest()).upper())
case("D10", "base64", R, base64.b64encode(digest).decode())
case("D10", "signed bytes", R, "".join("%02x" % b if b < 128 else "ffffff%02x" % b for b in digest))
case("D10", "hex with dashes", R, "-".join("%02X" % b for b in digest))
case("D11", "sign_type signed as HMACSHA256", H, mac(text(put(H, sign_type="HMACSHA256"))))
# E: names and sets
case("E1", "appId in a request", R, md5(text(rename(R, appid="appId"))))
case("E1", "appid in paySign", I, md5(text(rename(I, appId="appid"))), scene="invoke")
case("E2", "paySign without appId", I, md5(text(drop(I, "appId"))), scene="invoke")
case("E3", "timestamp in paySign", I, md5(text(rename(I, timeStamp="timestamp"))), scene="invoke")
case("E4", "nonce_str in paySign", I, md5(text(rename(I, nonceStr="nonce_str"))), scene="invoke")
case("E4", "camelCase in a request", R, md5(text([(n.split("_")[0] + "".join(w.title() for w in n.split("_")[1:]), v) for n, v in R])))
case("E5", "APP with camelCase", A, md5(text(rename(A, appid="appId", partnerid="partnerId", prepayid="prepayId", noncestr="nonceStr", timestamp="timeStamp"))), scene="app")
case("E6", "package without prepay_id=", I, md5(text(put(I, package="wx21012345678901abcdef0123456789000"))), scene="invoke")
case("E6", "prepay_id=undefined", I, md5(text(put(I, package="prepay_id=undefined"))), scene="invoke")
case("E7", "paySign without signType", I, md5(text(drop(I, "signType"))), scene="invoke")
case("E9", "sign_type signed, not sent", R, md5(text(R + [("sign_type", "MD5")])))
case("E9", "sign_type sent, not signed", R + [("sign_type", "MD5")], md5(text(R)))
case("E10", "openid sent, not signed", R, md5(text(drop(R, "openid"))))
case("E11", "mchid signed", R, md5(text(rename(R, mch_id="mchid"))))
case("E13", "own field in the map", N + [("merchant_id", "12")], md5(text(N)), scene="notice")
case("E13", "own field added before verifying", N, md5(text(N + [("merchant_id", "1900000777")])), scene="notice")
case("E14", "detail without spaces", R, md5(text(put(R, detail='{"goods":[{"id":"a/b","n":"茶"}]}'))))
case("E14", "detail as PHP writes it", put(R, detail='{"id":"a/b","n":"茶"}'), md5(text(put(R, detail=json.dumps({"id": "a/b", "n": "茶"}, separators=(",", ":")).replace("/", "\\/")))))
# F: values
case("F1", "5650.0", R, md5(text(put(R, total_fee="5650.0"))))
case("F1", "+5650", R, md5(text(put(R, total_fee="+5650"))))
case("F2", "56.50 yuan", R, md5(text(put(R, total_fee="56.50"))))
case("F2", "56.5 yuan", R, md5(text(put(R, total_fee="56.5"))))
case("F3", "5649 by truncation", R, md5(text(put(R, total_fee="5649"))))
case("F4", "milliseconds signed", I, md5(text(put(I, timeStamp="1795222923000"))), scene="invoke")
case("F4", "seconds signed, milliseconds passed", put(I, timeStamp="1795222923456"), md5(text(I)), scene="invoke")
case("F5", "1.795222923E9", I, md5(text(put(I, timeStamp="1.795222923E9"))), scene="invoke")
case("F8", "false for N", R, md5(text(put(R, profit_sharing="false"))))
case("F9", "5,650", R, md5(text(put(R, total_fee="5,650"))))
case("F10", "time with separators", R, md5(text(put(R, time_start="2026-11-21 01:02:03"))))
# H: verifying
notice = lambda id, what, pairs, **more: case(id, what, N, md5(text(pairs)), scene="notice", **more)
notice("H1", "coupon fields missing", drop(N, "coupon_*"))
notice("H1", "an unknown field missing", drop(N, "new_field"))
case("H2", "empty attach kept", N, md5(join(by_name(N)) + "&key=" + KEY), scene="notice")
notice("H3", "sign_type removed", drop(N, "sign_type"))
HN = put(N, sign_type="HMAC-SHA256")
case("H4", "MD5 for a notice signed by HMAC", HN, md5(text(HN)), scene="notice")
case("H9", "quotes as \\x22", N, md5(text(put(N, new_field=" say \\x22hi\\x22 "))), scene="notice")
case("H10", "key of another mch_id", N, md5(text(N, "8Kq2Zt5Vb1NsRw4HcJf7GuAe9Xy3Ld6M")), scene="notice", others=[["other_merchant", "8Kq2Zt5Vb1NsRw4HcJf7GuAe9Xy3Ld6M"]])
notice("H11", "total_fee as 5650.0", put(N, total_fee="5650.0"))
notice("H13", "sub_* missing", drop(N, "sub_*"))
case("H14", "compared in lower case", N, md5(text(N)).lower(), scene="notice")
# Two mistakes together
case("B5+D1", "empty value and lower case", R, md5(join(by_name(R)) + "&key=" + KEY).lower())
case("E1+E3", "appid and timestamp in paySign", I, md5(text(rename(I, appId="appid", timeStamp="timestamp"))), scene="invoke")
case("E7+F4", "no signType, milliseconds", I, md5(text(put(drop(I, "signType"), timeStamp="1795222923000"))), scene="invoke")
case("B1+A6", "not sorted, key with LF", R, md5(join(filled(R)) + "&key=" + KEY + "\n"))
case("B5+C1", "empty value, percent-encoded", R, md5(join(by_name([(n, quote(v, safe="-._~")) for n, v in R])) + "&key=" + KEY))
case("B9+C6", "key glued on, GBK", gbk, md5(text(gbk, tail="").encode("gbk")))
case("B8+D3", "no key, HMAC without sign_type", R, hmac.new(KEY.encode(), join(by_name(filled(R))).encode(), "sha256").hexdigest().upper(), accept="D4+D3")
case("E9+F2", "sign_type signed, yuan", R, md5(text(put(R, total_fee="56.50") + [("sign_type", "MD5")])))
case("B5+B1+D1", "empty value, not sorted, lower case", R, md5(join(R) + "&key=" + KEY).lower())

out = pathlib.Path(__file__).with_name("explained.json")
lines = ",\n".join("  " + json.dumps(c, ensure_ascii=False).replace("\ufeff", "\\ufeff") for c in cases)
out.write_text("[\n" + lines + "\n]\n", "utf-8")
print(len(cases), "cases,", len({c["id"] for c in cases if "+" not in c["id"]}), "mistakes")
