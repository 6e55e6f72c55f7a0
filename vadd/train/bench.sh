#!/bin/sh
# SPDX-License-Identifier: ISC
# bench.sh BENCH DATA: the figures on the test half, and instructions per frame by callgrind.
set -eu
bench=$1 data=$2
"$bench" "$data/test.list"
command -v valgrind > /dev/null || { echo "no valgrind: instructions are not counted"; exit 0; }
file=$(awk -F '\t' '$2 == "pink-10" { print $1; exit }' "$data/test.list")
count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" -d "$1" -n "$2" "$file" 2>&1 |
	    awk '/Collected/ { print $4 }'
}
echo
for d in vad untrained webrtc; do
	"$bench" -d $d -n 1 "$file" || continue
	few=$(count $d 500) many=$(count $d 1500)
	[ -n "$few" ] && echo "$d: $(((many - few) / 1000)) instructions a frame"
done
