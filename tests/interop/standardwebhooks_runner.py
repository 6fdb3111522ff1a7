"""Answers requests with the Python library of Standard Webhooks: one JSON object per line on stdin, one per line on stdout.

{"op": "verify_webhook", "secret": "whsec_...", "headers": {...}, "body": "..."}  ->  {"ok": true} | {"ok": false, "reason": "..."}
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def main():
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            Webhook(request["secret"]).verify(request["body"], request["headers"])
            answer = {"ok": True}
        except WebhookVerificationError as error:
            answer = {"ok": False, "reason": str(error)}
        except Exception as error:  # the test shows it beside the request
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


main()
