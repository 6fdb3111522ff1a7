"""Answers requests with the Python library of Standard Webhooks: one JSON object per line on stdin, one per line on stdout.

{"op": "verify_webhook", "secret": "whsec_...", "headers": {...}, "body": "...", "now_s": null or seconds since 1970}  ->  {"ok": true} | {"ok": false, "reason": "..."}
"""

import json
import sys
from datetime import datetime
from unittest.mock import patch

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def verify(request):
    webhook = Webhook(request["secret"])
    now_s = request["now_s"]
    if now_s is None:
        return webhook.verify(request["body"], request["headers"])

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now_s, tz)

    with patch("standardwebhooks.webhooks.datetime", Clock):
        return webhook.verify(request["body"], request["headers"])


def main():
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            verify(request)
            answer = {"ok": True}
        except WebhookVerificationError as error:
            answer = {"ok": False, "reason": str(error)}
        except Exception as error:  # the test shows it beside the request
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


main()
