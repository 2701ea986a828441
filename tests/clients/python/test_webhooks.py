"""standardwebhooks as the receiver of a webhook, as docs/webhooks.md shows it."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from test_clients import WEB, App, metadata  # noqa: F401  (a fixture)

HOOK = json.loads(os.environ["CLIENTS"])["hooks"]["python"]


@pytest.fixture
def receiver():
    """Keeps every message as it came: headers and body."""
    came, arrived = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", HOOK["port"]), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield came, arrived
    server.shutdown()
    server.server_close()


def test_a_sign_in_is_told_and_signed(metadata, receiver):  # noqa: F811
    came, arrived = receiver
    App(metadata, WEB).begin()
    assert arrived.wait(30), "nothing came"
    headers, body = came[-1]
    event = Webhook(HOOK["secret"]).verify(body, headers)
    assert event["type"] == "signed_in" and event["data"]["user_id"]
    assert event["id"] == headers["webhook-id"]
    other = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    for judge, changed in [(other, body), (Webhook(HOOK["secret"]), body + b" ")]:
        with pytest.raises(WebhookVerificationError):
            judge.verify(changed, headers)
