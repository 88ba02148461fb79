"""A receiver of webhooks as a process of its own, to be killed: verifies every signature and notes what it took.

    webhook_receiver.py PORT NOTES SECRET

What it took stands in NOTES, a JSON object a line, before it answers. What it does depends on the path:

    /well            takes it
    /moody           the same, now and then not: an error, a lost answer, a slow one
    /broken          500, with a reason
    /picky           422 to alerts on Kosovo, takes the others
    /busy            503 with Retry-After: 2 to the first, then takes all
    /elsewhere       a redirect to /well
    /gone            410
    /slow            takes it after eight seconds
"""

import json
import os
import random
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PORT, NOTES, SECRET = int(sys.argv[1]), sys.argv[2], sys.argv[3]
chance = random.Random()
notes = os.open(NOTES, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
asked = 0


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        global asked  # noqa: PLW0603
        asked += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            event = Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError as error:
            self._note(headers, body, verified=False)
            self._answer(401, str(error).encode())
            return
        match self.path:
            case "/broken":
                self._note(headers, body)
                self._answer(500, b'{"error": "the "\x1b[31m"database is away"}')
            case "/picky" if event["data"]["subject"] == "kosovo":
                self._note(headers, body, taken=False)
                self._answer(422, b"not that one")
            case "/busy" if asked == 1:
                self._note(headers, body, taken=False)
                self._answer(503, b"", {"Retry-After": "2"})
            case "/elsewhere":
                self._note(headers, body, taken=False)
                self._answer(302, b"", {"Location": f"http://127.0.0.1:{PORT}/well"})
            case "/gone":
                self._note(headers, body, taken=False)
                self._answer(410, b"")
            case "/slow":
                time.sleep(8)
                self._note(headers, body)
                self._answer(204, b"")
            case "/moody":
                self._moody(headers, body)
            case _:
                self._note(headers, body)
                self._answer(200, b"thanks")

    def _moody(self, headers: dict[str, str], body: bytes) -> None:
        mood = chance.random()
        if mood < 0.05:
            self._answer(500, b"")
            return
        time.sleep(chance.uniform(0, 0.05))
        self._note(headers, body)
        if mood < 0.10:
            self.close_connection = True  # taken, and the sender never learns of it
        else:
            self._answer(204, b"")

    def _note(self, headers: dict[str, str], body: bytes, *, verified: bool = True, taken: bool = True) -> None:
        note = {
            "at": time.time(),
            "path": self.path,
            "id": headers.get("webhook-id"),
            "timestamp": headers.get("webhook-timestamp"),
            "content-type": headers.get("content-type"),
            "verified": verified,
            "taken": taken,
            "body": body.decode(),
        }
        os.write(notes, json.dumps(note).encode() + b"\n")  # in one piece, also when killed

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # senders are killed too


if __name__ == "__main__":
    with Server(("127.0.0.1", PORT), Receiver) as server:
        server.serve_forever()
