# Receives webhooks of Splits Network with Python's standard library alone: python3 receiver.py
# SPLITS_WEBHOOK_SECRET is the whsec_… that was shown when the endpoint was made.
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
KEY = base64.b64decode(os.environ["SPLITS_WEBHOOK_SECRET"].removeprefix("whsec_"))
handled = set()  # in your database: the same event may come more than once


def is_genuine(headers, body, now=None):
    """Whether a delivery is ours and fresh. body: the bytes as they came, never parsed and written again."""
    event_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    now = time.time() if now is None else now
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{event_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    # while a secret is being rotated there are several signatures: any of them will do
    genuine = False
    for signature in headers.get("webhook-signature", "").split(" "):
        version, _, value = signature.partition(",")
        genuine |= version == "v1" and hmac.compare_digest(value.encode(), expected.encode())
    return genuine


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        genuine = is_genuine(self.headers, body)
        self.send_response(204 if genuine else 401)  # answer first, work later: 15 seconds are all there is
        self.end_headers()
        if not genuine or self.headers["webhook-id"] in handled:
            return
        handled.add(self.headers["webhook-id"])
        event = json.loads(body)
        print("verified:", event["type"], json.dumps(event["data"]), flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 4000))), Receiver)
    print("listening", flush=True)
    server.serve_forever()
