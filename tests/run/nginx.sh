#!/bin/bash
# SPDX-License-Identifier: ISC
# The shipped files of nginx before real daemons: TLS for webhooks and the API, the tunnel's
# port for a whole signed call with its WebSocket. Needs nginx, which etc/deps.sh does
# not install: its package starts a server.
# shellcheck source=tests/run/lib.sh disable=SC2034
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
command -v nginx > /dev/null || { ok "nothing is tested: nginx is not installed"; exit 0; }

free_ports() {
	python3 -c 'import socket
s = [socket.socket() for i in range(2)]
for x in s: x.bind(("127.0.0.1", 0))
print(*(x.getsockname()[1] for x in s))'
}
read -r TLS TUNNEL < <(free_ports)

export SIGN=1 SIGNATURE=the-signature-of-this-run API_TOKEN=a-token-that-may-read
# shellcheck disable=SC2016,SC2034
WEBHOOKD_EXTRA='signature_secrets = [ "${env:SIGNATURE}" ]; trusted_proxies = [ "127.0.0.1" ];
	api_tokens = ( { name = "watch"; token = "${env:API_TOKEN}"; } ); audio_dir = "'$TOP/etc/audio'";
	public_url = "http://127.0.0.1:'$TUNNEL'";'
# shellcheck disable=SC2034
SOCKD_EXTRA="public_uri = \"ws://127.0.0.1:$TUNNEL/socket/%i\";"
configure
start_all
SOCKET=$(sed -n 's/.*event=ws.listen .*port=\([0-9]*\).*/\1/p' "$RUN/sockd.0.log" | tail -n 1)
[ -n "$SOCKET" ] || fail "sockd tells its port: $(grep ws.listen "$RUN/sockd.0.log")"

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=calls.example.net -days 1 -keyout "$RUN/privkey.pem" \
    -out "$RUN/fullchain.pem" 2> /dev/null || fail "openssl makes a certificate"
mkdir "$RUN/nginx"
for f in callpipe callpipe-socket callpipe-tunnel; do
	sed -e "s|/etc/letsencrypt/live/calls.example.net|$RUN|; s|/var/log/nginx|$RUN|; s|/etc/nginx/|$RUN/nginx/|" \
	    -e "/listen \[::\]/d; s|listen 443 ssl|listen 127.0.0.1:$TLS ssl|; s|127.0.0.1:8090|127.0.0.1:$TUNNEL|" \
	    -e "s|127.0.0.1:8080|127.0.0.1:$(port)|; s|127.0.0.1:8081|127.0.0.1:$SOCKET|" "etc/nginx/$f.conf" > "$RUN/nginx/$f.conf"
done
cat > "$RUN/nginx.conf" <<N
user $(id -un);
daemon off;
worker_processes 1;
pid $RUN/nginx.own;
events { worker_connections 64; }
http {
	client_body_temp_path $RUN/t1; proxy_temp_path $RUN/t2; fastcgi_temp_path $RUN/t3; uwsgi_temp_path $RUN/t4; scgi_temp_path $RUN/t5;
	include $RUN/nginx/callpipe.conf;
	include $RUN/nginx/callpipe-tunnel.conf;
}
N
nginx -t -q -e "$RUN/nginx.test" -c "$RUN/nginx.conf" 2> "$RUN/nginx.said" || fail "nginx takes the files: $(cat "$RUN/nginx.said")"
ok "nginx takes the shipped files"
nginx -e "$RUN/nginx.0.log" -g "error_log $RUN/nginx.0.log notice;" -c "$RUN/nginx.conf" 2> "$RUN/nginx.said" &
echo $! > "$RUN/nginx.pid"
wait_log nginx 0 'start worker process '

# status PATH [curl arguments], over TLS
status() {
	curl -sk -o "$RUN/body" -w '%{http_code}' --resolve "calls.example.net:$TLS:127.0.0.1" "https://calls.example.net:$TLS$1" "${@:2}"
}
is() {
	local got
	got=$(status "${@:2}")
	[ "$got" = "$1" ] || fail "$2 is answered $1, not $got: $(cat "$RUN/body")"
}
is 401 /webhooks/event -d '{}' -H 'X-Forwarded-For: 203.0.113.9'
wait_log webhookd 0 'event=webhook.refused cause=missing .*peer=203.0.113.9 '
ok "webhookd sees who sent it, not the proxy"
while read -r path; do
	is 401 "$path" -d '{}'
done < <(grep -oE '"/[a-z_/]+", ROUTE_(ANSWER|EVENT|FALLBACK)' webhookd/routes.c | cut -d '"' -f 2)
is 413 /webhooks/event --data-binary "@$BIN/webhookd/webhookd"
is 404 /health
is 404 /
is 200 /media/static/hold.mp3
cmp -s "$RUN/body" etc/audio/hold.mp3 || fail "hold music comes whole"
is 426 /socket/0
is 200 /v1/openapi.json
is 401 /v1/calls
is 401 /make-call -d '{}'
ok "TLS: webhooks, media and the API are let through, and nothing else"

mkfifo "$RUN/stream"
curl -skN -H "Authorization: Bearer $API_TOKEN" "https://127.0.0.1:$TLS/v1/events?kind=turn" > "$RUN/stream" 2> /dev/null &
exec 8<> "$RUN/stream"
read -r -t "$LIMIT" line <&8 || fail "the stream of events begins at once"

cat > "$RUN/s.script" <<'S'
wait-connected
say-text "what are your opening hours"
wait-reply-end
expect-reply
S
timeout $((LIMIT * 2)) "$BIN/tools/callsim/callsim" call --base "http://127.0.0.1:$TUNNEL" --sign-secret "$SIGNATURE" \
    --application-id 11111111-2222-3333-4444-555555555555 --json "$RUN/one.json" --script "$RUN/s.script" 2> "$RUN/one.log" ||
    fail "the call holds: $(jget "$RUN/one.json" '$.reason')"
for n in gaps.count bad_frames events_failed; do
	[ "$(jget "$RUN/one.json" "\$.$n")" = 0 ] || fail "$n is 0: $(cat "$RUN/one.json")"
done
ok "a signed call goes through the tunnel's port, its WebSocket too"
while read -r -t "$LIMIT" line <&8; do
	case $line in data:*'"state":"done"'*) break ;; esac
done
[ -n "$line" ] || fail "the stream tells of the turn"
ok "server-sent events come through as they happen"
