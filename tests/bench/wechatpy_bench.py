"""wechatpy_bench.py FIXTURE: CPU time of wechatpy's calls, as `library<TAB>call<TAB>ns`."""

import json
import sys
import time

from wechatpy.pay import WeChatPay
from wechatpy.pay.utils import calculate_signature, calculate_signature_hmac, dict_to_xml

WINDOWS = 15
WINDOW_S = 0.02

with open(sys.argv[1], encoding="utf-8") as file:
    fixture = json.load(file)
key, order, notice = fixture["key"], fixture["order"], fixture["notice"]
params = order["params"]
merchant = WeChatPay(params["appid"], key, params["mch_id"])

calls = {
    "sign_md5": lambda: calculate_signature(params, key),
    "sign_hmac": lambda: calculate_signature_hmac(params, key),
    "signed_xml_md5": lambda: dict_to_xml(params, calculate_signature(params, key)),
    "verify_md5": lambda: merchant.parse_payment_result(notice["xml_md5"]),
}
assert calls["sign_md5"]() == order["md5"]
assert calls["sign_hmac"]() == order["hmac_sha256"]
assert calls["verify_md5"]()["total_fee"] == 888


def window(call, batch):
    start = time.process_time()
    for _ in range(batch):
        call()
    return time.process_time() - start


def batch_of(call):
    batch = 1
    while window(call, batch) < WINDOW_S:
        batch *= 2
    return batch


batches = {name: batch_of(call) for name, call in calls.items()}
times = {name: [] for name in calls}
for _ in range(WINDOWS):
    for name, call in calls.items():
        times[name].append(window(call, batches[name]) / batches[name])
for name, windows in times.items():
    print(f"wechatpy\t{name}\t{sorted(windows)[WINDOWS // 2] * 1e9:.1f}")
