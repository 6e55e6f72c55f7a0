#!/bin/bash
# SPDX-License-Identifier: ISC
# What the daemons put into their stat and what callpipe-msg(7) says of it are the same.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

configure
start_all start
# A stat is published when somebody subscribes, and each second: in the fifth one all were there.
timeout "$LIMIT" "$BIN/tools/calltap" -f "$CONF" -k stat --json -n 20 > "$RUN/stat" || fail "calltap prints stats"

# daemon TAB member, of the tap and of the page ("all" first, then a section for each daemon).
while read -r line; do
	printf '%s\n' "$line" > "$RUN/line"
	sqlite3 -separator '	' :memory: "
		with l(j) as (select readfile('$RUN/line'))
		select replace(json_extract(j, '\$.from'), '.0', ''), key from l, json_each(j, '\$.body')"
done < "$RUN/stat" | sort -u > "$RUN/told"
awk -v OFS='\t' '
	/^\.S[hs] / { group = $1 == ".Sh" ? ($2 == "STAT" ? "all" : "") : group == "" ? "" : $2 }
	/^\.It Va / && group != "" { for (i = 3; i <= NF; i++) if ($i != ",") print group, $i }
' "$TOP/man/callpipe-msg.7" | sort > "$RUN/page"

for d in webhookd sockd vadd brokerd; do
	n=$(grep -c "^$d	" "$RUN/told")
	[ "$n" -gt 10 ] || fail "$d publishes its stat: $n members"
	awk -F '\t' -v d="$d" '$1 == d { print $2 }' "$RUN/told" | sort > "$RUN/a"
	awk -F '\t' -v d="$d" '$1 == d || $1 == "all" { print $2 }' "$RUN/page" | sort > "$RUN/b"
	comm -23 "$RUN/a" "$RUN/b" | sed "s/^/$d publishes, the page does not know: /"
	comm -13 "$RUN/a" <(uniq "$RUN/b") | sed "s/^/the page knows, $d does not publish: /"
	uniq -d "$RUN/b" | sed "s/^/twice in the page: /"
done > "$RUN/wrong"
[ -s "$RUN/wrong" ] && { cat "$RUN/wrong"; fail "callpipe-msg(7) describes every member of stat"; }
ok "callpipe-msg(7) describes every member of stat"
