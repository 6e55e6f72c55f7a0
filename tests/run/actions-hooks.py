# The application of tests/run/sim-actions.sh: actions-hooks.py DIR PORT-FILE
# Answers POST and GET /NAME with DIR/NAME.json (an NCCO in which @BASE@ is this
# server) or 204, serves DIR/*.wav and *.mp3, and appends all requests to DIR/requests.
# With DIR/NAME.after the answer waits until the path in it was asked for.
import http.server
import json
import os
import sys
import threading

folder, port_file = sys.argv[1:3]

asked = {}      # path: an event, set when it was asked for


class Hooks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body):
        name = self.path.lstrip("/").partition("?")[0].replace("/", "-")
        with open(os.path.join(folder, "requests"), "a", encoding="utf-8") as f:
            f.write(json.dumps({"path": "/" + name, "body": body}) + "\n")
        gate = os.path.join(folder, name + ".after")
        if os.path.exists(gate):
            with open(gate, encoding="utf-8") as f:
                asked.setdefault(f.read().strip(), threading.Event()).wait(20)
        asked.setdefault("/" + name, threading.Event()).set()
        audio = name.endswith((".wav", ".mp3"))
        path = os.path.join(folder, name if audio else name + ".json")
        if not os.path.exists(path):
            self.send_response(404 if audio else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        with open(path, "rb") as f:
            data = f.read()
        if not audio:
            data = data.replace(b"@BASE@", b"http://127.0.0.1:%d" % self.server.server_port)
        self.send_response(200)
        self.send_header("Content-Type", "audio/mpeg" if audio else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer(None)

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.answer(json.loads(text))

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
with open(port_file + ".new", "w", encoding="utf-8") as out:
    out.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
