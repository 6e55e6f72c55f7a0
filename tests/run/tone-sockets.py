# WebSockets that sound: tone-sockets.py DIR PORT-FILE
# Each connection to /NAME/RATE/HZ sends a tone of HZ in frames of 20 ms at RATE, and
# keeps what it hears as DIR/NAME.raw, the other messages as lines of DIR/NAME.texts.
import base64
import hashlib
import math
import os
import socket
import struct
import sys
import threading
import time

folder, port_file = sys.argv[1:3]
LEVEL = 5000


def exactly(f, n):
    data = f.read(n)
    if len(data) != n:
        raise EOFError
    return data


def message(f):
    first, second = exactly(f, 2)
    length = second & 127
    if length == 126:
        length = struct.unpack(">H", exactly(f, 2))[0]
    mask = exactly(f, 4) if second & 128 else bytes(4)
    data = exactly(f, length)
    key = int.from_bytes((mask * (length // 4 + 1))[:length], "big")
    return first & 15, (int.from_bytes(data, "big") ^ key).to_bytes(length, "big")


def speak(conn, rate, hz):
    n, at, due = rate // 50, 0, time.monotonic()
    while True:
        wave = (int(LEVEL * math.sin(2 * math.pi * hz * (at + i) / rate)) for i in range(n))
        at += n
        try:
            conn.sendall(struct.pack(">BBH", 0x82, 126, 2 * n) + struct.pack("<%dh" % n, *wave))
        except OSError:
            return
        due += 0.02
        time.sleep(max(0, due - time.monotonic()))


def serve(conn):
    f = conn.makefile("rb")
    path = f.readline().split()[1].decode()
    key = b""
    while (line := f.readline().strip()):
        if line.lower().startswith(b"sec-websocket-key:"):
            key = line.split(b":")[1].strip()
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    conn.sendall(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept)
    name, rate, hz = path.strip("/").split("/")
    threading.Thread(target=speak, args=(conn, int(rate), int(hz)), daemon=True).start()
    with open(os.path.join(folder, name + ".raw"), "wb") as raw, open(os.path.join(folder, name + ".texts"), "wb") as texts:
        try:
            while True:
                kind, data = message(f)
                if kind == 2 and len(data) != int(rate) // 25:
                    texts.write(b"a frame of %d bytes\n" % len(data))
                elif kind == 2:
                    raw.write(data)
                elif kind == 1:
                    texts.write(data + b"\n")
                else:
                    texts.write(b"over %d\n" % kind)
                texts.flush()
        except (EOFError, OSError):
            pass
    os.rename(os.path.join(folder, name + ".raw"), os.path.join(folder, name + ".heard"))


server = socket.create_server(("127.0.0.1", 0))
with open(port_file + ".new", "w", encoding="utf-8") as out:
    out.write(str(server.getsockname()[1]))
os.rename(port_file + ".new", port_file)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
