# SPDX-License-Identifier: ISC
# Engine of aside.sh, callpipe-engine(7): nothing was said, as is known at once the first time, then after three seconds.
import json
import sys
import time


def tell(obj):
    sys.stdout.write(json.dumps(obj) + "\n")
    sys.stdout.flush()


tell({"hello": "callpipe-engine", "version": 1, "kind": "stt", "name": "aside", "languages": ["*"]})
asked = 0
for line in sys.stdin.buffer:
    ask = json.loads(line)
    sys.stdin.buffer.read(ask.get("bytes", 0))
    if ask["op"] == "stt":
        asked += 1
        time.sleep(3 if asked > 1 else 0)
    tell({"id": ask["id"], "text": "", "done": True})
