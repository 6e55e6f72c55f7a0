#!/bin/bash
# SPDX-License-Identifier: ISC
# A language that Vonage has no voice of: the talk becomes a stream of a file that our own tts speaks,
# under an address that is signed and gets too old; the file is made once, whoever is restarted.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

WEBHOOKD_EXTRA="flow = \"record-turns\"; language = \"fa-IR\"; media_dir = \"$RUN/media\"; audio_dir = \"$RUN/audio\"; media_ttl_s = 10;"
configure
mkdir "$RUN/audio"
printf 'ID3 hold music' > "$RUN/audio/hold.mp3"
mkdir "$RUN/flows"
cp "$TOP"/etc/flows/*.json "$RUN/flows/"
cat > "$RUN/flows/record-turns.json" <<'F'
{"language": "${language}", "ncco": [{"action": "talk", "text": "سلام، لطفاً بعد از بوق صحبت کنید."}, {"action": "record", "endOnSilence": 3}]}
F
sed -i "s|flow_dir = \"$TOP/etc/flows\"|flow_dir = \"$RUN/flows\"|" "$CONF"
start_all supervise
wait_log webhookd 0 'event=peer.up .*peer=brokerd'

n=0
# The NCCO of a new call, and the address that its first action streams.
call_in() {
	n=$((n + 1))
	curl -sS -m 20 -H 'Content-Type: application/json' "$(base)/webhooks/answer" \
	    -d "{\"uuid\":\"fa-$n\",\"conversation_uuid\":\"CON-$n\",\"from\":\"989120000000\",\"to\":\"442079460000\"}" > "$RUN/ncco"
	url=$(jget "$RUN/ncco" '$[0].streamUrl[0]')
	[ "$(jget "$RUN/ncco" '$[0].action') ${url%%\?*}" != "stream " ] || fail "the talk is a stream: $(cat "$RUN/ncco")"
}
get() { curl -sS -m 20 -o "$RUN/got" -w '%{http_code} %{content_type}' "$@"; }

call_in
[ "$(get "$url")" = '200 audio/wav' ] || fail "the file is served, however soon it is asked for: $(cat "$RUN/got")"
[ "$(head -c 4 "$RUN/got")" = RIFF ] || fail "it is a WAV file"
[ "$(stat -c %s "$RUN/got")" -gt 30000 ] || fail "it is longer than a second: $(stat -c %s "$RUN/got")"
[ "$(od -An -tu4 -j24 -N4 "$RUN/got" | tr -d ' ')" = 16000 ] || fail "it has 16 kHz"
ok "a talk in Persian is a stream of our own voice"

first=$url
[ "$(get -I "$url")" = '200 audio/wav' ] || fail "HEAD is answered"
[ "$(get -r 0-43 "$url") $(stat -c %s "$RUN/got")" = '206 audio/wav 44' ] || fail "a part is served"
for bad in "${url%%\?*}" "${url%?}$([ "${url: -1}" = A ] && echo B || echo A)" "$(base)/media/..%2f..%2fcallpipe.conf" "$(base)/media/static/..%2f..%2fcallpipe.conf"; do
	code=$(get --path-as-is "$bad")
	case $code in 403*|404*) ;; *) fail "$bad is refused: $code" ;; esac
done
ok "nothing is served without the signature, and nothing of another folder"

kill -9 "$(pid webhookd)"
left=$((LIMIT * 20))
until curl -s -m 5 "$(base)/health" > "$RUN/health"; do
	[ $((left -= 1)) -gt 0 ] || fail "webhookd comes back"
	read -r -t 0.05 <> "$RUN/never" || :
done
[ "$(get "$first")" = '200 audio/wav' ] || fail "an address of before is good after a restart"
call_in
[ "${url%%\?*}" = "${first%%\?*}" ] || fail "the same text is the same file"
[ "$(get "$url")" = '200 audio/wav' ] || fail "it is served again"
[ "$(grep -c 'event=ask .*what=say' "$RUN/brokerd.0.log")" = 1 ] || fail "it was spoken once: $(grep 'event=ask ' "$RUN/brokerd.0.log")"
ok "it is spoken once, for all calls and across a kill"

[ "$(get "$(base)/media/static/hold.mp3")" = '200 audio/mpeg' ] || fail "hold music is served"
ok "files of audio_dir are served"

left=$((LIMIT * 20))
until code=$(get "$first"); [ "${code%% *}" = 403 ]; do
	[ $((left -= 1)) -gt 0 ] || fail "the address gets too old: $code"
	read -r -t 0.2 <> "$RUN/never" || :
done
ok "an address gets too old"
