"""Answers requests with wechatpy: one JSON object per line on stdin, one per line on stdout.

{"op": "sign", "params": {...}, "key": K, "sign_type": "MD5" | "HMAC-SHA256"}  ->  {"sign": "..."}
{"op": "verify", "xml": "<xml>...", "key": K, "sign_type": "MD5"}              ->  {"ok": true, "params": {...}} | {"ok": false}
{"op": "to_xml", "params": {...}}                                              ->  {"xml": "..."}
{"op": "invoke", "params": {"appid": ..., "prepay_id": ...}, "key": K, "sign_type": "MD5"}  ->  {"params": {...}}

What the library cannot do is answered with {"error": "..."}. Every answer comes from the library's own functions.
"""

import json
import sys

from wechatpy.exceptions import InvalidSignatureException
from wechatpy.pay import WeChatPay
from wechatpy.pay.utils import calculate_signature, calculate_signature_hmac, dict_to_xml

SIGN = {"MD5": calculate_signature, "HMAC-SHA256": calculate_signature_hmac}
# The library checks neither when it verifies a notice.
APPID, MCH_ID = "wxd930ea5d5a258f4f", "10000100"


def sign(request):
    return {"sign": SIGN[request["sign_type"]](request["params"], request["key"])}


def verify(request):
    if request["sign_type"] != "MD5":
        return {"error": "wechatpy verifies notices as MD5 only"}
    try:
        fields = WeChatPay(APPID, request["key"], MCH_ID).parse_payment_result(request["xml"])
    except InvalidSignatureException:
        return {"ok": False}
    # It reads an empty element as None and an amount as int.
    return {"ok": True, "params": {k: "" if v is None else str(v) for k, v in fields.items()}}


def to_xml(request):
    return {"xml": dict_to_xml(request["params"])}


def invoke(request):
    if request["sign_type"] != "MD5":
        return {"error": "wechatpy makes the second signature as MD5 only"}
    given = request["params"]
    pay = WeChatPay(given["appid"], request["key"], MCH_ID)
    return {"params": pay.jsapi.get_jsapi_params(given["prepay_id"])}


OPERATIONS = {"sign": sign, "verify": verify, "to_xml": to_xml, "invoke": invoke}


def main():
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            answer = OPERATIONS[request["op"]](request)
        except Exception as error:  # the test shows it beside the request
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


main()
