#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Vonage's REST API on a bad day, for tests/run/jobs.sh.

    sick-vonage.py MODEFILE PORTFILE LOGFILE AUDIOFILE

MODEFILE holds one word, read for each request: "well"; "down" (503); "stall" (of a file the first
third, then nothing until the word is another one, then a reset); "cut" (the first third, then a reset).
PUT and DELETE get 204, POST 202, GET /v1/files/ID the AUDIOFILE with ETag and ranges. LOGFILE gets
a line for each request: method, path, status, Range or "-".
"""
import http.server
import socket
import struct
import sys
import threading
import time

MODEFILE, PORTFILE, LOGFILE, AUDIOFILE = sys.argv[1:5]
LOCK = threading.Lock()


def mode():
    with open(MODEFILE, encoding="ascii") as f:
        return f.read().strip()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status):
        with LOCK, open(LOGFILE, "a", encoding="utf-8") as f:
            f.write(f"{self.command} {self.path} {status} {self.headers.get('Range', '-')}\n")

    def plain(self, status, body=b""):
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_call(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.headers.get("Authorization", "").startswith("Bearer "):
            self.plain(401, b'{"type":"UNAUTHORIZED","error_title":"Unauthorized"}')
        elif mode() == "down":
            self.plain(503, b'{"title":"Service Unavailable"}')
        elif self.command == "POST":
            self.plain(202, b'{"message_uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab"}')
        else:
            self.plain(204)

    do_PUT = do_DELETE = do_POST = handle_call

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def do_GET(self):
        if mode() == "down":
            self.plain(503)
            return
        with open(AUDIOFILE, "rb") as f:
            data = f.read()
        start = 0
        asked = self.headers.get("Range")
        if asked and self.headers.get("If-Range", '"v1"') == '"v1"':
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.note(206 if start else 200)
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if mode() == "well":
            self.wfile.write(data[start:])
            return
        self.wfile.write(data[start:len(data) // 3])
        self.wfile.flush()
        while mode() == "stall":
            time.sleep(0.05)
        self.reset()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
with open(PORTFILE, "w", encoding="ascii") as f:
    f.write(f"{server.server_address[1]}\n")
server.serve_forever()
