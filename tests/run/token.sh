#!/bin/bash
# The socket's token, made by another program: good, forged, expired, used twice, absent.
. "$(dirname "$0")/lib.sh"
configure
start_all
sockd_port=$(sed -n 's/.*event=ws.listen .*port=\([0-9]*\).*/\1/p' "$RUN/sockd.0.log" | head -1)
[ -n "$sockd_port" ] || fail "sockd logs its port"

token() { # ID EXPIRY SECRET
	local nonce mac
	nonce=$(openssl rand -hex 8)
	mac=$(printf '%s.%s.%s' "$1" "$2" "$nonce" | openssl dgst -sha256 -hmac "$3" -binary | head -c 16 | openssl base64 | tr '+/' '-_' | tr -d '=\n')
	echo "$2.$nonce.$mac"
}

status() { # QUERY: status of the upgrade
	curl -s -o /dev/null -m 3 -w '%{http_code}' -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
	    -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "http://127.0.0.1:$sockd_port/socket?$1"
}

now=$(date +%s)
t=$(token call-1 $((now + 60)) "$CALLPIPE_TOKEN_SECRET")
[ "$(status "uuid=call-1&t=$t")" = 101 ] || fail "a good token opens the socket: $(status "uuid=call-1&t=$t")"
ok "a token that openssl made opens the socket"
case $(status "uuid=call-1&t=$t") in 401|403) ok "it does so once" ;; *) fail "a token is good once" ;; esac
wait_log sockd 0 'level=warn .*(used|again|replay|seen)'
for what in "forged call-2 $((now + 60)) another-secret-of-16" "expired call-2 $((now - 1)) $CALLPIPE_TOKEN_SECRET" "another-call's call-3 $((now + 60)) $CALLPIPE_TOKEN_SECRET"; do
	# shellcheck disable=SC2086
	set -- $what
	got=$(status "uuid=call-2&t=$(token "$2" "$3" "$4")")
	case $got in 401|403) ok "$1 token is refused" ;; *) fail "$1 token gets $got" ;; esac
done
for q in "uuid=call-4" "uuid=call-4&t=" "t=$(token call-4 $((now + 60)) "$CALLPIPE_TOKEN_SECRET")" "uuid=../etc&t=x"; do
	got=$(status "$q")
	case $got in 400|401|403) ok "refused: $q" ;; *) fail "$q gets $got" ;; esac
done
