# SPDX-License-Identifier: ISC
# Vonage's part of record-turns.sh: recordings to be downloaded, and PUT /v1/calls/LEG.
#   record-turns.py DIR
# The port goes to DIR/port. GET /v1/files/NAME gives DIR/NAME, but waits as long as DIR/NAME.hold is
# there. The body of the nth PUT goes to DIR/put.N. Both need a bearer token.
import http.server
import os
import sys
import threading
import time

folder = sys.argv[1]
lock = threading.Lock()
puts = 0


class Part(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        try:
            self.end_headers()
            self.wfile.write(body)
        except OSError:     # webhookd was killed
            self.close_connection = True

    def allowed(self):
        if self.headers.get("Authorization", "").startswith("Bearer "):
            return True
        self.answer(401)
        return False

    def do_GET(self):
        name = os.path.basename(self.path)
        path = os.path.join(folder, name)
        if not self.allowed():
            return
        while os.path.exists(path + ".hold"):
            time.sleep(0.05)
        if not os.path.exists(path):
            self.answer(404)
            return
        with open(path, "rb") as f:
            self.answer(200, f.read(), "audio/mpeg" if name.endswith(".mp3") else "audio/wav")

    def do_PUT(self):
        global puts
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if not self.allowed():
            return
        with lock:
            puts += 1
            path = os.path.join(folder, "put.%d" % puts)
            with open(path + ".tmp", "wb") as f:
                f.write(body)
            os.rename(path + ".tmp", path)
        self.answer(204)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Part)
server.daemon_threads = True
with open(os.path.join(folder, "port.tmp"), "w") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(os.path.join(folder, "port.tmp"), os.path.join(folder, "port"))
server.serve_forever()
