#!/bin/bash
# Two calls from one number at the same time do not meet.
. "$(dirname "$0")/lib.sh"
configure
start_all
cat > "$RUN/a.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-end
hangup
S
cat > "$RUN/b.script" <<'S'
wait-connected
silence 300
say-text "i would like to book a table for two tomorrow at seven"
wait-reply-end
hangup
S
call a --script "$RUN/a.script" --from 447700900123 & a=$!
call b --script "$RUN/b.script" --from 447700900123 & b=$!
wait $a || fail "the first call holds: $(jget "$RUN/a.json" '$.reason')"
wait $b || fail "the second call holds: $(jget "$RUN/b.json" '$.reason')"
ok "two calls of one number hold at the same time"
A=$(jget "$RUN/a.json" '$.uuid') B=$(jget "$RUN/b.json" '$.uuid')
[ "$A" != "$B" ] || fail "two ids"
wait_row "select count(*) from turns where call = '$A' and user_text like '%opening hours%'" 1
wait_row "select count(*) from turns where call = '$B' and user_text like '%table for two%'" 1
[ "$(sql "select count(*) from turns where call = '$A' and user_text like '%table%'")" = 0 ] || fail "A has no word of B"
[ "$(sql "select count(*) from turns where call = '$B' and user_text like '%hours%'")" = 0 ] || fail "B has no word of A"
ok "each history holds its own words only"
