#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A webhook server that misbehaves as it is told, for tests/run/sim-*.sh.

    nasty-hooks.py PLAN PORTFILE LOGFILE

PLAN is JSON: {path: [answer, ...]}; each request of a path takes the next answer, the last one
stays; @BASE@ in it is the server's own URL. A path that is not named gets 200 with an empty body. An answer has: status (200), type
("application/json"), body (text, or JSON), delay_ms, reset (the connection is reset, nothing is
said). LOGFILE gets a line of JSON for each request: method, path, query, body, and of the
Authorization header: token (its claims), signed (by the secret of $SECRET), hash (payload_hash:
"right", "wrong", "none"), header.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import socket
import struct
import sys
import threading
import time
import urllib.parse

SECRET = os.environ.get("SECRET", "").encode()
LOCK = threading.Lock()


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def look_at(authorization, body):
    """What is to be said of the token."""
    if not authorization or not authorization.startswith("Bearer "):
        return {}
    head, claims, mac = authorization[7:].split(".")
    good = hmac.new(SECRET, (head + "." + claims).encode(), hashlib.sha256).digest()
    token = json.loads(unbase64(claims))
    said = token.get("payload_hash")
    right = hashlib.sha256(body).hexdigest()
    return {"header": json.loads(unbase64(head)), "token": token,
            "signed": hmac.compare_digest(good, unbase64(mac)),
            "hash": "none" if said is None else "right" if said == right else "wrong"}


class Hooks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        row = {"method": self.command, "path": url.path, "query": dict(urllib.parse.parse_qsl(url.query)),
               "body": json.loads(body) if body else None}
        row.update(look_at(self.headers.get("Authorization"), body))
        with LOCK:
            answers = self.server.plan.get(url.path, [{}])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            print(json.dumps(row), file=self.server.out, flush=True)
        self.close_connection = True
        if "delay_ms" in answer:
            time.sleep(answer["delay_ms"] / 1000)
        if answer.get("reset"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        self.reply(answer)

    def reply(self, answer):
        text = answer.get("body", "")
        text = (text if isinstance(text, str) else json.dumps(text)).encode()
        try:
            self.send_response(answer.get("status", 200))
            self.send_header("Content-Type", answer.get("type", "application/json"))
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(text)
        except OSError:
            pass                # the other side no longer waited

    do_GET = do_POST = serve

    def handle(self):
        try:
            super().handle()
        except (OSError, ValueError):
            pass                # reset on purpose

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    server = Server(("127.0.0.1", 0), Hooks)
    with open(sys.argv[1], encoding="utf-8") as f:
        server.plan = json.loads(f.read().replace("@BASE@", "http://127.0.0.1:%d" % server.server_address[1]))
    server.out = open(sys.argv[3], "a", encoding="utf-8")
    with open(sys.argv[2] + ".new", "w", encoding="utf-8") as f:
        print(server.server_address[1], file=f)
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    server.serve_forever()


main()
