#!/bin/bash
# A bad configuration is refused with file, line and cause; a bad new one keeps the old.
. "$(dirname "$0")/lib.sh"
configure
for d in webhookd sockd vadd brokerd; do
	"$(program $d)" -c "$CONF" -n 2> "$RUN/out.log" || fail "$d takes a good configuration: $(cat "$RUN/out.log")"
	ok "$d -n takes a good configuration"
	sed "s/^$d = {/$d = {\n\tno_such_setting = 1;/" "$CONF" > "$RUN/bad.conf"
	line=$(grep -n no_such_setting "$RUN/bad.conf" | cut -d: -f1)
	"$(program $d)" -c "$RUN/bad.conf" -n 2> "$RUN/out.log"
	[ $? = 2 ] || fail "$d -n exits with 2"
	grep -q "bad.conf:$line: no_such_setting: unknown setting" "$RUN/out.log" || fail "$d names file, line and cause: $(cat "$RUN/out.log")"
	ok "$d -n names file, line and cause"
	"$(program $d)" -Z 2> "$RUN/out.log"
	[ $? = 2 ] || fail "$d exits with 2 for an unknown option"
	"$(program $d)" -V | grep -q "^$d (callpipe) " || fail "$d -V"
done
for zone in Europe Europe/Lodnon ../zoneinfo/UTC; do
	sed "s|^webhookd = {|webhookd = { timezone = \"$zone\";|" "$CONF" > "$RUN/bad.conf"
	"$(program webhookd)" -c "$RUN/bad.conf" -n 2> "$RUN/out.log" && fail "webhookd takes the zone $zone"
	grep -q "timezone: .*$zone" "$RUN/out.log" || fail "and says why: $(cat "$RUN/out.log")"
done
ok "a timezone that is none is refused"
for url in calls.example.net https:// 'https://a b' 'https://a/?x=1' https://a//b ftp://a; do
	sed "s|^webhookd = {|webhookd = { public_url = \"$url\";|" "$CONF" > "$RUN/bad.conf"
	"$(program webhookd)" -c "$RUN/bad.conf" -n 2> "$RUN/out.log" && fail "webhookd takes the address $url"
	grep -q "public_url: " "$RUN/out.log" || fail "and says why: $(cat "$RUN/out.log")"
done
echo "no key" > "$RUN/no.key"
openssl pkey -in "$RUN/app.key" -pubout -out "$RUN/pub.key" 2> /dev/null
chmod 600 "$RUN/no.key" "$RUN/pub.key"
for key in no pub; do
	sed "s|file:$RUN/app.key|file:$RUN/$key.key|" "$CONF" > "$RUN/bad.conf"
	"$(program webhookd)" -c "$RUN/bad.conf" -n 2> "$RUN/out.log" && fail "webhookd takes $key.key"
	grep -q "private_key: " "$RUN/out.log" || fail "and says why: $(cat "$RUN/out.log")"
done
sed 's|^webhookd = {|webhookd = { sms_api = "messages"; sms_from = "Example Company";|' "$CONF" > "$RUN/bad.conf"
"$(program webhookd)" -c "$RUN/bad.conf" -n 2> "$RUN/out.log" && fail "webhookd takes a sender that is too long"
sed 's|insecure_dev = true;|signature_secrets = [ "\${env:CALLPIPE_TOKEN_SECRET}" ];|; s|http://127.0.0.1:9"|http://api.nexmo.com"|' "$CONF" > "$RUN/bad.conf"
"$(program webhookd)" -c "$RUN/bad.conf" -n 2> "$RUN/out.log" && fail "webhookd sends its token in the clear"
grep -q "api_base: .*https" "$RUN/out.log" || fail "and says why: $(cat "$RUN/out.log")"
ok "a private key that cannot sign, a sender that cannot be and a token in the clear are refused"
sed "s|^webhookd = {|webhookd = { public_url = \"https://calls.example.net/\";|" "$CONF" > "$RUN/slash.conf"
cp "$CONF" "$RUN/plain.conf"
cp "$RUN/slash.conf" "$CONF"
start webhookd
wait_log webhookd 0 'event=listen .*url="https://calls.example.net"'
kill -TERM "$(pid webhookd)"
wait "$(pid webhookd)"
cp "$RUN/plain.conf" "$CONF"
ok "a public_url that is none is refused, one with a slash at its end loses that"
start vadd
cp "$CONF" "$RUN/good.conf"
echo 'vadd = { nonsense' >> "$CONF"
kill -HUP "$(pid vadd)"
wait_log vadd 0 'event=conf.refused .*kept=old'
cp "$RUN/good.conf" "$CONF"
kill -HUP "$(pid vadd)"
wait_log vadd 0 'event=conf.loaded'
ok "a bad new configuration keeps the old one, a good one is taken"
rm "$CONF"
mkdir "$CONF"
kill -HUP "$(pid vadd)"
wait_log vadd 0 'event=conf.refused .*not a regular file'
rmdir "$CONF"
cp "$RUN/good.conf" "$CONF"
ok "a configuration that is a folder keeps the old one"
"$(program vadd)" -c "$CONF" 2> "$RUN/out.log"
[ $? = 1 ] || fail "a second vadd.0 exits with 1"
grep -q 'vadd.0 is running already' "$RUN/out.log" || fail "and says why"
ok "a name that is taken is refused"
kill -TERM "$(pid vadd)"
tail --pid="$(pid vadd)" -f /dev/null
wait "$(pid vadd)"
[ $? = 0 ] || fail "SIGTERM ends it with 0"
ok "SIGTERM ends it orderly"
