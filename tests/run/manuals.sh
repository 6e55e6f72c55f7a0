#!/bin/bash
# SPDX-License-Identifier: ISC
# Every program has a page, every page is clean, and every option that a program
# names in its usage is in its page.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$TOP" || exit 1
command -v mandoc > /dev/null || fail "mandoc is installed (etc/deps.sh)"

mandoc -T lint -W warning man/*.[1-8] > "$RUN/lint" || { cat "$RUN/lint"; fail "mandoc finds nothing to warn of"; }
ok "mandoc finds nothing to warn of"

# Plain text of a page, without the overstrikes.
page_text() {
	mandoc -T ascii -O width=900 "man/$1" | sed 's/.\x08//g'
}

# PROGRAM PAGE; the engines have one page together
pages() {
	local d
	for d in webhookd sockd vadd brokerd; do
		echo "$BIN/$d/$d callpipe-$d.8"
	done
	echo "$BIN/tools/callctl callctl.1"
	echo "$BIN/tools/calltap calltap.1"
	echo "$BIN/tools/callsim/callsim callsim.1"
	for d in brokerd/engines/engine_*.c; do
		d=${d##*/}
		echo "$BIN/brokerd/engines/${d%.c} callpipe-engines.1"
	done
}

# Options as "-x" and "--long", out of what a usage says; [-DhnvV] is several.
options_of() {
	"$1" -h 2>&1 < /dev/null | grep -oE '(^|[[ |,])--?[A-Za-z][A-Za-z-]*' | sed 's/^[[ |,]//' | while read -r o; do
		case $o in
		--*) echo "$o" ;;
		-?) echo "$o" ;;
		*) echo "${o#-}" | sed 's/./-&\n/g' | grep . ;;
		esac
	done | sort -u
}

missing=
while read -r program page; do
	[ -x "$program" ] || missing="$missing program:$program"
	[ -e "man/$page" ] || missing="$missing $page"
done < <(pages)
[ -z "$missing" ] || fail "every program has a page; not there:$missing"
for p in callpipe.7 callpipe.conf.5 callpipe-msg.7 callpipe-engine.7 callpipe-store.5; do
	[ -e "man/$p" ] || missing="$missing $p"
done
[ -z "$missing" ] || fail "every format has a page; not there:$missing"
ok "every program and every format has a page"

while read -r program page; do
	page_text "$page" > "$RUN/text"
	[ -s "$RUN/text" ] || fail "mandoc renders $page"
	options_of "$program" > "$RUN/options"
	[ -s "$RUN/options" ] || fail "${program##*/} -h names its options"
	while read -r o; do
		grep -qE -- "(^|[^A-Za-z-])$o([^A-Za-z-]|\$)|\[-[A-Za-z]*${o#-}[A-Za-z]*\]" "$RUN/text" ||
			echo "${program##*/} $o is not in $page"
	done < "$RUN/options"
done < <(pages) > "$RUN/wrong"
[ -s "$RUN/wrong" ] && { cat "$RUN/wrong"; fail "every option of a usage is in the page"; }
ok "every option of a usage is in the page"

# What a page refers to and is ours must be there, by its own name: callpipe-sockd(8).
grep -oE '^\.Xr (call[a-z.-]*|webhookd|sockd|vadd|brokerd|engine_[a-z]*) [1-8]' man/*.[1-8] | sort -u |
	while IFS=': ' read -r page _ name section; do
		[ -e "man/$name.$section" ] || echo "$page refers to $name($section)"
	done > "$RUN/wrong"
[ -s "$RUN/wrong" ] && { cat "$RUN/wrong"; fail "pages refer to pages that are there"; }
ok "pages refer to pages that are there"
