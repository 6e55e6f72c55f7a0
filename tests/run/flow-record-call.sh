#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow record-call, callsim on both sides: the whole call in two channels, then the assistant. The file
# arrives with its row, left what the caller said, right what the caller heard.
# shellcheck disable=SC2119
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_conf record-call
flow_start
script caller <<'S'
expect-text "This call is recorded."
wait-connected
say-text "what are your opening hours"
wait-reply-begin
expect-reply
wait-reply-end
silence 300
hangup
S
sim call --calls 1 --inbound "447700900001,$OURS,$RUN/caller.script"
sim_over call
wait_row "select count(*) > 0 from turns where length(user_text) > 0 and length(heard_text) > 0" 1
wait_row "select count(*) from recordings where uuid is not null and sha256 is not null" 1
file=$(sql "select path from recordings where uuid is not null")
[ "$(sql "select r.format || '/' || (r.call = c.id) || '/' || r.bytes from recordings r, calls c where r.uuid is not null")" = \
    "wav/1/$(stat -c %s "$file")" ] || fail "its row: $(sql 'select * from recordings where uuid is not null')"
[ "$(sha256sum "$file" | cut -d' ' -f1)" = "$(sql "select sha256 from recordings where uuid is not null")" ] || fail "its sum"
ok "the call is recorded, the assistant answers, the file and its row arrive"

# Seconds in which a channel is loud, as ranges with pauses under 700 ms in them.
python3 - "$file" > "$RUN/loud" <<'P' || fail "two channels of 16 kHz"
import struct, sys, wave
w = wave.open(sys.argv[1])
assert (w.getnchannels(), w.getsampwidth(), w.getframerate()) == (2, 2, 16000), w.getparams()
data = struct.unpack("<%dh" % (2 * w.getnframes()), w.readframes(w.getnframes()))
for name, side in ("left", data[0::2]), ("right", data[1::2]):
    ranges = []
    for i in range(0, len(side), 160):
        part = side[i:i + 160]
        if sum(x * x for x in part) / len(part) > 184 ** 2:		# -45 dB of full scale
            t = i / 16000
            if ranges and t - ranges[-1][1] < 0.7:
                ranges[-1][1] = t
            else:
                ranges.append([t, t])
    print(name, w.getnframes() / 16000, *("%.2f %.2f" % tuple(r) for r in ranges))
P
# The notice and the greeting, then the question, then the reply; nobody on the other's side.
awk '/^left/ {if (NF != 4) exit 1; from = $3; to = $4}
    /^right/ {if (NF < 6 || $3 > 0.5 || $4 < 2) exit 2
	for (i = 3; i < NF; i += 2) {if ($i < to && $(i + 1) > from) exit 3; if ($i > to) reply = 1; if ($(i + 1) < from) before = 1}}
    END {if (!reply || !before || to - from < 0.8 || to - from > 3) exit 4}' "$RUN/loud" || fail "who is where: $(cat "$RUN/loud")"
ok "left is the caller alone, right what the caller heard: notice, greeting and reply"
"$BIN/tools/callctl" -c "$CONF" --no-color show last > "$RUN/show" || fail "callctl show"
grep -q "$(basename "$file")" "$RUN/show" || fail "callctl show has the file: $(cat "$RUN/show")"
wait_row "select how || (value like 'http%') from answers where name = 'call'" record1
ok "callctl show has it, and it is an answer of the flow"
