# SPDX-License-Identifier: ISC
# Engines of listen.sh, callpipe-engine(7): listen.py stt|chat|tts
# Whatever was said is "some words"; the answer is "Go on.", and wants the next one listened to as dictation; speech is a
# quarter of a second of a tone.
import json
import math
import struct
import sys

kind = sys.argv[1]
tone = b"".join(struct.pack("<h", int(6000 * math.sin(i / 4))) for i in range(4000))


def tell(obj, audio=b""):
    sys.stdout.buffer.write(json.dumps(obj).encode() + b"\n" + audio)
    sys.stdout.buffer.flush()


tell({"hello": "callpipe-engine", "version": 1, "kind": kind, "name": "listen", "languages": ["*"]})
for line in sys.stdin.buffer:
    ask = json.loads(line)
    sys.stdin.buffer.read(ask.get("bytes", 0))
    number = ask["id"]
    if ask["op"] == "stt":
        tell({"id": number, "text": "some words", "done": True})
    elif ask["op"] == "chat":
        tell({"id": number, "delta": "Go on."})
        tell({"id": number, "done": True, "listen": "dictation"})
    elif ask["op"] == "tts":
        tell({"id": number, "rate_hz": 16000, "bytes": len(tone)}, tone)
        tell({"id": number, "done": True})
    else:
        tell({"id": number, "done": True})
