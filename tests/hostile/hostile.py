#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Malformed and hostile webhooks.

    hostile.py make > bodies.txt        the corpus, the same each time
    hostile.py send PORT NAMES DIR      all of it to a webhookd

A line of bodies.txt is a body, one of 'B' (a body) or 'Q' (a query, or a form), a space, then
the text: \\xHH is a byte, \\\\ a backslash, \\*N(TEXT) TEXT N times. @LIVE@, @LIVECON@, @OPEN@,
@OPENCON@ are the ids of two calls that go on (NAMES: four words, by commas), @LIVE^@ and @OPEN^@ in the other case. None
of the lines is a webhook that Vonage could send for them, so none may change them.

send goes to every path of a webhook by POST and by GET; each request must be answered within
LIMIT_S, not with 5xx, a refusal with its cause. What was accepted by POST is written to DIR/taken,
a line of hex each: the bodies that must be in the table of events.
"""
import http.client
import json
import os
import re
import sys
import threading
import time
import urllib.parse

LIMIT_S = 2
TOO_LONG = 16000                        # max_headers, max_body is larger
CUT = 499
THREADS = 8
WANTED = 500
PATHS = ["/webhooks/" + p for p in ("answer", "event", "fallback", "input", "record", "recording", "notify", "transfer",
                                    "error", "transcription")] + \
    ["/answer", "/ncco", "/event", "/dtmf_input", "/recording", "/asr", "/rtc_events"]

# ---- the corpus ----

AT = "2026-11-20T12:%02d:%02d.%03dZ"
SEEDS = {                               # spec/vonage.md 1, 2, 3, 8, 9
    "answer": {"from": "447700900123", "to": "442079460000", "endpoint_type": "phone", "region_url": "https://api-eu-3.vonage.com",
               "from_user": "jamie", "custom_data": {"a": 1}, "SipHeader_X-A": "b"},
    "answered": {"start_time": None, "headers": {}, "rate": None, "from": "447700900123", "to": "442079460000",
                 "status": "answered", "direction": "inbound", "network": None},
    "completed": {"status": "completed", "end_time": "2026-11-20T12:00:07.000Z", "start_time": "2026-11-20T12:00:00.000Z",
                  "duration": "7", "price": "0.00450000", "rate": "0.00450000", "network": "GB-FIXED", "sip_code": 200,
                  "disconnected_by": "user"},
    "unanswered": {"status": "unanswered", "detail": "timeout", "sip_code": 480, "from": "442079460000"},
    "machine": {"status": "machine", "sub_state": "beep_start", "call_uuid": "x", "to": "447700900123"},
    "socket": {"status": "disconnected", "to": "wss://bridge.example.net/media", "headers": {"call": "none-such"}},
    "transfer": {"conversation_uuid_from": "CON-h-a", "conversation_uuid_to": "CON-h-b", "type": "transfer"},
    "input": {"dtmf": {"digits": "12", "timed_out": True}, "speech": {"results": []}, "from": "447700900123"},
    "speech": {"speech": {"timeout_reason": "end_on_silence_timeout", "results": [{"confidence": "0.9", "text": "sales"}]}},
    "record": {"recording_url": "http://127.0.0.1:9/v1/files/a", "recording_uuid": "h-r", "size": 12345,
               "start_time": "2026-11-20T12:00:00Z", "end_time": "2026-11-20T12:01:00Z"},
    "transcription": {"status": "transcribed", "transcription_url": "https://api.nexmo.com/v1/files/c", "type": "record",
                      "recording_uuid": "h-t"},
    "notify": {"payload": {"step": "done"}},
    "error": {"reason": "Syntax error in NCCO."},
    "fallback": {"reason": "Connection closed.", "original_request": {"url": "https://b/answer", "type": "answer"},
                 "from": "447700900123", "to": "442079460000"},
    "sms": {"message_uuid": "m-1", "status": "delivered", "to": "447700900123"},
}
WRONG = [None, True, 0, -1, "", [], {}, [[]], {"a": {"b": []}}, 1.5, "\u0000", "-7", "../../etc/passwd",
         "'; DROP TABLE calls; --", "\u202e\ufeff\ud83d\ude00", 12345678901234567890, "%s%n%x", ["447700900123"]]


class Corpus:
    def __init__(self):
        self.lines, self.seen, self.n, self.turn = [], set(), 0, 0

    def add(self, kind, text):
        line = kind + " " + text
        if line not in self.seen:
            self.seen.add(line)
            self.lines.append(line)

    def ids(self):
        """A leg of its own for each, so that none is taken for another said twice."""
        self.n += 1
        return {"uuid": "h-%04d" % self.n, "conversation_uuid": "CON-h-%04d" % self.n,
                "timestamp": AT % (self.n // 60 % 60, self.n % 60, self.n % 1000)}

    def obj(self, members):
        self.add("B", escape(json.dumps(members, ensure_ascii=True, separators=(",", ":")).encode()))

    def raw(self, *texts):
        for text in texts:
            ids = self.ids()
            text = text.replace("@U", ids["uuid"]).replace("@C", ids["conversation_uuid"]).replace("@T", ids["timestamp"])
            self.add("B", text)

    def wrong(self):
        value = WRONG[self.turn % len(WRONG)]
        self.turn += 1
        return value


def escape(data):
    return "".join("\\\\" if b == 92 else chr(b) if 32 <= b < 127 else "\\x%02x" % b for b in data)


def mutations(c):
    """Each member of each kind with a wrong type, the whole cut, and inside out."""
    for name, seed in SEEDS.items():
        for member in list(seed) + ["uuid", "conversation_uuid", "timestamp"]:
            for _ in range(2):
                obj = c.ids() | seed
                if name == "answer":
                    del obj["timestamp"]
                obj[member] = c.wrong()
                c.obj(obj)
        text = json.dumps(c.ids() | seed, separators=(",", ":"))
        for part in (1, 3, 7):
            c.add("B", escape(text[:len(text) * part // 8].encode()))
        c.add("B", escape(("[" + text + "]").encode()))
        c.add("B", escape(json.dumps(text).encode()))
        c.add("B", escape((text[:-1] + ',"status":"started","status":"answered"}').encode()))
        c.add("Q", urllib.parse.urlencode({k: json.dumps(v) for k, v in (c.ids() | seed).items()}))


def by_hand(c):
    c.raw("", " ", "{", "}", "[", "]", "[]", "{}", "null", "true", "0", '"', '""', "NaN", "-", "1e999", "{}{}", "{},", "{} x", "[{}]",
          "\\x00", "{\\x00}", '{"uuid":"@U\\x00","status":"completed"}', "\\xff\\xfe{\\x00}\\x00", "\\xef\\xbb\\xbf{}", "\\xef\\xbb\\xbf{\"uuid\":\"@U\"}",
          "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "<html><body>502</body></html>",
          "uuid=@U&status=completed", "--x\\x0d\\x0aContent-Disposition: form-data; name=\"uuid\"\\x0d\\x0a\\x0d\\x0a@U\\x0d\\x0a--x--",
          "GET / HTTP/1.1\\x0d\\x0aHost: x\\x0d\\x0a\\x0d\\x0a", "\\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00", "\\x16\\x03\\x01\\x02\\x00\\x01",
          "{'uuid':'@U'}", '{"uuid":"@U",}', '{"uuid":"@U" "status":"answered"}', '{uuid:"@U"}', '{"uuid":"@U"//x\\x0a}', '{"uuid":0x10}',
          '{"uuid":"@U","status":"\\\\ud800"}', '{"uuid":"@U","status":"\\\\udc00\\\\ud800"}', '{"uuid":"@U","status":"\\\\u00"}',
          '{"uuid":"@U","status":"\\\\q"}', '{"uuid":"@U\\x0a","status":"answered"}', '{"uuid":"\\xc0\\xaf","status":"answered"}',
          '{"uuid":"@U","from":"\\xed\\xa0\\x80"}', '{"uuid":"@U","from":"\\xf5\\x80\\x80\\x80"}', '{"\\xff":"@U"}', '{"":"@U"}', '{"":{"":{"":""}}}')
    # deep, long, many
    c.raw("\\*200([)", "\\*100000([)", "\\*30([)\\*30(])", "\\*31([)\\*31(])", "\\*20000({\"a\":)1\\*20000(})", '{"uuid":"@U","payload":\\*64([)\\*64(])}',
          '{"uuid":"@U","payload":\\*20({"a":)1\\*20(})}', '{"payload":{"a":"\\*200000(x)"},"conversation_uuid":"@C"}', '{"uuid":"\\*64(u)","status":"answered","timestamp":"@T"}',
          '{"uuid":"\\*65(u)","status":"answered","timestamp":"@T"}', '{"uuid":"\\*300000(u)"}', '{"uuid":"@U","status":"\\*1000(s)","timestamp":"@T"}',
          '{"uuid":"@U","from":"\\*5000(4)","to":"\\*5000(5)","conversation_uuid":"@C"}', '{"uuid":"@U","conversation_uuid":"\\*64(c)","to":"4","from":"5"}',
          '{"\\*10000(k)":1,"uuid":"@U","status":"ringing","timestamp":"@T"}', '{\\*3000("a":1,)"uuid":"@U"}', '{"uuid":"@U","speech":{"results":[\\*5000({"text":"x"},){}]},"timestamp":"@T"}',
          '{"uuid":"@U","dtmf":{"digits":"\\*1000(1)"},"timestamp":"@T"}', '{"reason":"\\*9000(\\xd8\\xa7)","conversation_uuid":"@C","timestamp":"@T"}',
          '{"uuid":"@U","headers":{\\*2000("X-\\\\u0061":"b",)"call":"@U"},"status":"started"}', "\\*262144( )", "\\*262145( )", "\\*500000(x)", '{"a":\\*9000(9)}')
    for number in ("1e309", "-1e309", "1e-400", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "\\*400(9)", "0.\\*400(1)", "-0",
                   "1E+2", "00", "0x7f", ".5", "5.", "1e", "-1", "4294967296", "2147483648"):
        c.raw('{"uuid":"@U","status":"completed","duration":%s,"sip_code":%s,"price":%s,"timestamp":"@T"}' % (number, number, number),
              '{"uuid":"@U","size":%s,"recording_url":"","timestamp":"@T"}' % number)
    for when in ("", "now", "2026-13-45T99:99:99Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "-2026-11-20T12:00:00Z",
                 "2026-11-20", "2026-11-20T12:00:00+01:00", "1763640000", "2026-11-20T12:00:00.\\*500(1)Z"):
        c.raw('{"uuid":"@U","status":"completed","timestamp":"%s","end_time":"%s","start_time":"%s"}' % (when, when, when))
    for url in ("http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "http://127.0.0.1:1/", "http://[::1]:22/", "http://localhost/", "ftp://x/y",
                "https://api.nexmo.com.evil.example/v1/files/a", "https://evil.example/api.nexmo.com/v1/files/a", "https://api.nexmo.com@evil.example/v1/files/a",
                "https://evil.example#api.nexmo.com", "https://api.nexmo.com:9/x", "http://api.nexmo.com/v1/files/a", "//api.nexmo.com/v1/files/a", "javascript:alert(1)",
                "https://", "https://api.nexmo.com\\\\r\\\\nX-A: b/", "gopher://127.0.0.1:6379/_FLUSHALL", "https://xnexmo.com/v1/files/a", "https://api.nexmo.com%2eevil.example/", "\\*600(h)"):
        c.raw('{"recording_url":"%s","recording_uuid":"@U","size":1,"conversation_uuid":"@C","timestamp":"@T"}' % url)
    for name in ("../../../../tmp/x", "/etc/passwd", "..", ".", "a/b", "a\\\\u0000b", "CON", "\\*200(r)", "$(reboot)", "`id`", "%2e%2e%2f", "~root", "-rf", "\\\\\\\\host\\\\share"):
        c.raw('{"recording_url":"http://127.0.0.1:9/v1/files/a","recording_uuid":"%s","size":1,"conversation_uuid":"@C","timestamp":"@T"}' % name,
              '{"uuid":"%s","conversation_uuid":"@C","from":"4","to":"5"}' % name)
    for sql in ("' OR 1=1 --", "'; DELETE FROM events; --", "\\\\\" OR \\\\\"\\\\\"=\\\\\"", "%' OR '%'='", "1); ATTACH DATABASE '/tmp/x' AS y; --", "${flow}", "${contact.name}", "{{7*7}}", "#{1}"):
        c.raw('{"uuid":"%s","status":"completed","timestamp":"@T"}' % sql, '{"from":"%s","to":"%s","uuid":"@U","conversation_uuid":"%s"}' % (sql, sql, sql))
    for status in ("Completed", "COMPLETED", " completed", "completed ", "completed\\\\u0000", "ended", "input", "transfer", "transcribed", "started\\\\n", "\\*31(x)", "\\*32(x)"):
        c.raw('{"uuid":"@U","conversation_uuid":"@C","status":"%s","timestamp":"@T"}' % status)


def others(c):
    """What names a call that goes on, but could not be of it."""
    ends = ("completed", "failed", "rejected", "busy", "cancelled", "timeout", "unanswered", "disconnected")
    for call, con in (("@LIVE", "@LIVECON@"), ("@OPEN", "@OPENCON@")):
        for status in ends:
            c.raw('{"conversation_uuid":"%s","status":"%s","timestamp":"@T"}' % (con, status),
                  '{"uuid":null,"conversation_uuid":"%s","status":"%s","duration":-5,"timestamp":"@T"}' % (con, status))
        for odd in (call + "^@", call + "@ ", " " + call + "@", call + "@\\\\u0000", call + "@\\\\u0000x", call + "@/", call + "@%00", "./" + call + "@", call + "@\\\\n", call + "@\\*64(x)"):
            c.raw('{"uuid":"%s","status":"completed","disconnected_by":"user","timestamp":"@T"}' % odd,
                  '{"call_uuid":"%s","status":"failed","timestamp":"@T"}' % odd)
        for odd in ('["%s@"]', '{"uuid":"%s@"}', '[["%s@"]]'):
            c.raw('{"uuid":%s,"status":"completed","timestamp":"@T"}' % (odd % call))
        c.raw('[{"uuid":"%s@","status":"completed"}]' % call, '{"events":[{"uuid":"%s@","status":"completed"}]}' % call,
              '{"uuid":"@U","uuid ":"%s@","status":"completed","timestamp":"@T"}' % call, '{"UUID":"%s@","STATUS":"completed"}' % call,
              '{"uuid":"@U","headers":{"call":["%s@"]},"status":"completed","timestamp":"@T"}' % call,
              '{"uuid":"@U","headers":"call=%s@","status":"completed","timestamp":"@T"}' % call,
              '{"uuid":"%s@","status":["completed"],"timestamp":"@T"}' % call, '{"uuid":"%s@","status":{"a":"completed"},"timestamp":"@T"}' % call,
              '{"uuid":"%s@","status":"Completed","duration":-1,"timestamp":"@T"}' % call, '{"uuid":"%s@","status":"completed' % call,
              '{"uuid":"%s@","status":"completed","timestamp":"@T"}}' % call, '{"message_uuid":"%s@","status":"completed","timestamp":"@T"}' % call,
              '{"uuid":"%s@","original_request":{"type":"event"},"reason":"x","status":"completed","timestamp":"@T"}' % call,
              '{"conversation_uuid":["%s"],"status":"completed","uuid":"@U","timestamp":"@T"}' % con)
        for query in ("uuid=%s%%2500&status=completed", "uuid=%s%%00&status=completed", "uuid=%s%%00x&status=failed", "uuid=%s%%0a&status=completed", "uuid%%00=%s&status=completed",
                      "uuid=&uuid=%s&status=completed", "uuid[]=%s&status=completed", "c=%s%%00&status=completed", "c=../%s&f=assistant&s=start&n=1&status=completed",
                      "c=%s&f=../../etc/passwd&s=%%00&n=-1&d=99999999999999999999", "c=%s&f=hangup&s=start&n=9223372036854775808&dtmf=%%7B%%22digits%%22%%3A1%%7D",
                      "status=completed%%00&uuid=%s", "headers=%%7B%%22call%%22%%3A%%22%s%%22&status=completed&uuid=h-q"):
            c.add("Q", query % (call + "@"))
    for query in ("", "&", "=", "&&&===&&&", "%", "%zz", "%00", "a", "a=%ff%fe", "\\*3000(a)=1", "\\*2000(a=1&)", "dtmf=%7B%22digits%22%3A%5B%5D%7D&uuid=h-q1", "dtmf=%7B&uuid=h-q2",
                  "speech=%5B%5B%5B%5B&uuid=h-q3", "payload=\\*200(%5B)&conversation_uuid=CON-h-q", "original_request=%7B%22type%22%3A7%7D", "original_request[type]=answer&original_request=",
                  "uuid=h-q4&conversation_uuid=CON-q4&to=1&from=2&custom_data=%7B%22a%22%3A", "uuid=h-q5&status=%00", "recording_url=file%3A%2F%2F%2Fetc%2Fpasswd&size=1",
                  "speech=%7B%22results%22%3A%5B%7B%22text%22%3A%7B%7D%7D%5D%7D&uuid=h-q6", "n=1&d=1&f=x&s=y&c=z"):
        c.add("Q", query)


def make():
    c = Corpus()
    by_hand(c)
    others(c)
    mutations(c)
    sys.stdout.write("".join(line + "\n" for line in c.lines))
    return 0 if len(c.lines) >= WANTED else 1


# ---- sending it ----

def unescape(text):
    while (m := re.search(r"(?<!\\)((?:\\\\)*)\\\*(\d+)\(([^()]*)\)", text)) is not None:
        text = text[:m.start()] + m.group(1) + m.group(3) * int(m.group(2)) + text[m.end():]
    return re.sub(rb"\\(\\|x([0-9a-f]{2}))", lambda m: bytes([int(m.group(2), 16)]) if m.group(2) else b"\\", text.encode("latin-1"))


def read(path, names):
    live, live_con, open_, open_con = names.split(",")
    rows = []
    with open(path, encoding="ascii") as f:
        for line in f:
            for name, value in (("@LIVE@", live), ("@LIVECON@", live_con), ("@OPEN@", open_), ("@OPENCON@", open_con),
                                ("@LIVE^@", live.swapcase()), ("@OPEN^@", open_.swapcase())):
                line = line.replace(name, value)
            rows.append((line[0], unescape(line[2:-1])))
    return rows


def query_of(kind, body):
    """The same in a GET: members by name, nested ones as JSON text; what is no object as it is."""
    if kind == "Q":
        return body.decode("latin-1")
    try:
        obj = json.loads(body)
    except (ValueError, RecursionError):
        obj = None
    if not isinstance(obj, dict):
        return urllib.parse.quote_from_bytes(body)
    return urllib.parse.urlencode({k: v if isinstance(v, str) else json.dumps(v) for k, v in obj.items() if v is not None}, errors="surrogatepass")


class Sender(threading.Thread):
    def __init__(self, port, rows):
        super().__init__()
        self.port, self.rows, self.conn = port, rows, None
        self.taken, self.faults, self.n, self.slowest, self.codes = set(), [], 0, 0, {}

    def ask(self, method, path, body, headers):
        if self.conn is None:
            self.conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        try:
            self.conn.request(method, path, body, headers)
            answer = self.conn.getresponse()
            text = answer.read()
            if answer.will_close:
                self.conn = None
            return answer.status, text
        except (BrokenPipeError, ConnectionResetError):
            self.conn = None
            # what is longer than webhookd reads may be cut before the refusal is read
            if len(path) + len(body or b"") < TOO_LONG:
                raise
            return CUT, b"cut"

    def one(self, method, path, body, headers, what):
        began = time.monotonic()
        try:
            status, text = self.ask(method, path, body, headers)
        except (OSError, http.client.HTTPException) as e:
            self.faults.append("%s %s: %s" % (method, what, repr(e)))
            self.conn = None
            return 0
        self.n += 1
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.codes[status] = self.codes.get(status, 0) + 1
        if status >= 500 or status < 200 or time.monotonic() - began > LIMIT_S:
            self.faults.append("%s %s: %d in %.2f s" % (method, what, status, time.monotonic() - began))
        elif 300 <= status and not text.strip():
            self.faults.append("%s %s: %d without a cause" % (method, what, status))
        return status

    def run(self):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for number, (kind, body) in self.rows:
            query = query_of(kind, body)
            for path in PATHS:
                what = "%s, line %d" % (path, number)
                status = self.one("POST", path, body, form if kind == "Q" else {"Content-Type": "application/json"}, what)
                if 200 <= status < 300 and body:
                    self.taken.add(body)
                self.one("GET", path + "?" + query, None, {}, what)


def send(port, names, out):
    rows = list(enumerate(read(os.path.join(os.path.dirname(__file__), "bodies.txt"), names), 1))
    senders = [Sender(port, rows[i::THREADS]) for i in range(THREADS)]
    for s in senders:
        s.start()
    for s in senders:
        s.join()
    faults = [f for s in senders for f in s.faults]
    codes = {}
    for s in senders:
        for k, v in s.codes.items():
            codes[k] = codes.get(k, 0) + v
    with open(os.path.join(out, "taken"), "w", encoding="ascii") as f:
        for body in sorted(set().union(*(s.taken for s in senders))):
            f.write(body.hex().upper() + "\n")
    with open(os.path.join(out, "sent.json"), "w", encoding="ascii") as f:
        json.dump({"bodies": len(rows), "requests": sum(s.n for s in senders), "faults": len(faults),
                   "slowest_ms": int(max(s.slowest for s in senders) * 1000), "codes": codes}, f)
    for fault in faults[:40]:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(make() if sys.argv[1:] == ["make"] else send(int(sys.argv[2]), sys.argv[3], sys.argv[4]))
