#!/bin/bash
# An engine that fails, one that stalls, one that dies: the caller hears something, the turn is a row that tells.
. "$(dirname "$0")/lib.sh"
cat > "$RUN/fails" <<'S'
#!/bin/bash
echo '{"hello":"callpipe-engine","version":1,"kind":"chat","name":"fails","languages":["*"]}'
while read -r line; do
	id=$(printf '%s' "$line" | sed -n 's/.*"id": *\([0-9]*\).*/\1/p')
	case $line in *'"op":"chat"'*) echo "{\"id\":$id,\"error\":\"no luck\",\"retry\":false}" ;; *) echo "{\"id\":$id,\"done\":true}" ;; esac
done
S
cat > "$RUN/stalls" <<'S'
#!/bin/bash
echo '{"hello":"callpipe-engine","version":1,"kind":"chat","name":"stalls","languages":["*"]}'
while read -r line; do
	case $line in *'"op":"chat"'*) ;; *) id=$(printf '%s' "$line" | sed -n 's/.*"id": *\([0-9]*\).*/\1/p'); echo "{\"id\":$id,\"done\":true}" ;; esac
done
S
cat > "$RUN/dies" <<'S'
#!/bin/bash
echo '{"hello":"callpipe-engine","version":1,"kind":"chat","name":"dies","languages":["*"]}'
while read -r line; do
	case $line in *'"op":"chat"'*) kill -9 $$ ;; *) id=$(printf '%s' "$line" | sed -n 's/.*"id": *\([0-9]*\).*/\1/p'); echo "{\"id\":$id,\"done\":true}" ;; esac
done
S
chmod +x "$RUN/fails" "$RUN/stalls" "$RUN/dies"
BROKERD_EXTRA="engines = ("
for e in fails stalls dies; do
	BROKERD_EXTRA+=" { name = \"$e\"; type = \"exec\"; service = \"chat\"; command = [\"$RUN/$e\"]; instances = 1; progress_ms = 1000; first_byte_ms = 1000; },"
done
BROKERD_EXTRA="${BROKERD_EXTRA%,} ); assistants = ("
for e in fails stalls dies; do
	BROKERD_EXTRA+=" { name = \"$e\"; chat = [\"$e\", \"offline-chat\"]; },"
	BROKERD_EXTRA+=" { name = \"only-$e\"; chat = [\"$e\"]; },"
done
BROKERD_EXTRA="${BROKERD_EXTRA%,} );"
configure
start_all
cat > "$RUN/s.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-end 15000
expect-reply
hangup
S
n=0
for e in fails stalls dies only-fails only-stalls only-dies; do
	n=$((n + 1))
	sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "insert into contacts (number, name, language, assistant) values ('44$n', 'Ann', 'en-US', '$e')"
	call "$e" --script "$RUN/s.script" --from "44$n" > /dev/null 2>&1 &
	eval "p_${e//-/_}=$!"
done
for e in fails stalls dies only-fails only-stalls only-dies; do
	v=p_${e//-/_}
	wait "${!v}" || fail "with an engine that $e the caller hears something: $(jget "$RUN/$e.json" '$.reason')"
	ok "assistant $e: the caller heard a reply after $(jget "$RUN/$e.json" '$.turns[0].ear_latency_ms') ms"
done
for e in fails stalls dies; do
	id=$(jget "$RUN/$e.json" '$.uuid')
	[ "$(sql "select count(*) from turns where call = '$id' and user_text like '%opening hours%' and chat = 'offline-chat'")" -ge 1 ] ||
	    fail "$e: the next engine of the ladder answered: $(sql "select turn,state,chat,error from turns where call = '$id'")"
	ok "$e: the next engine of the ladder answered"
	id=$(jget "$RUN/only-$e.json" '$.uuid')
	[ "$(sql "select count(*) from turns where call = '$id' and error is not null")" -ge 1 ] ||
	    fail "only-$e: the row says what failed: $(sql "select turn,state,chat,error from turns where call = '$id'")"
	ok "only-$e: the row says what failed"
done
