"""Signs parameter sets with hashlib and hmac alone: one JSON array per line on stdin, one line with both signatures on
stdout.

["key", [["name", "value"], ...]]  ->  MD5's HMAC-SHA256's
"""

import hashlib
import hmac
import json
import sys


def string_to_sign(pairs, key):
    signed = [(name.encode(), value.encode()) for name, value in pairs if value and name != "sign"]
    return b"&".join(name + b"=" + value for name, value in sorted(signed)) + b"&key=" + key


def main():
    for line in sys.stdin.buffer:
        key, pairs = json.loads(line)
        key = key.encode()
        text = string_to_sign(pairs, key)
        md5 = hashlib.md5(text).hexdigest().upper()
        print(md5, hmac.digest(key, text, "sha256").hex().upper())


main()
