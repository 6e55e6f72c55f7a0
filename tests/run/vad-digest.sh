#!/bin/bash
# SPDX-License-Identifier: ISC
# The detector says the same, to the bit, whichever compiler made it and however hard
# that optimised; so do the decimator, the segmenter, the echo and the judgement of
# interruptions. The material is made of whole numbers by vadd/train/digest.c.
. "$(dirname "$0")/lib.sh"

files='vadd/train/digest.c common/mem.c common/num.c common/audio.c'
for f in vadd/*.c; do
	case $f in
	*/main.c|*/table.c|*/call.c|*/file.c) ;;
	*) files="$files $f" ;;
	esac
done
first='' n=0
for cc in gcc clang; do
	command -v $cc > /dev/null || continue
	for opt in -O0 -O1 -O2 '-O3 -funroll-loops' '-Os'; do
		# shellcheck disable=SC2086
		$cc -std=gnu11 -D_GNU_SOURCE -I. $opt -ffp-contract=off -o "$RUN/digest" $files -lsndfile -lspeexdsp -lm || fail "$cc $opt compiles the detector"
		said=$("$RUN/digest") || fail "$cc $opt: the detector runs"
		[ -n "$first" ] || first=$said
		[ "$said" = "$first" ] || fail "$cc $opt says $said, not $first"
		n=$((n + 1))
	done
done
[ "$n" -ge 5 ] || fail "there is a compiler to compare"
speech=${first##*speech }
if [ "${speech%% *}" -lt 300 ] || [ "${speech%% *}" -gt 2400 ]; then
	fail "some of it is speech and some is not: $first"
fi

case $first in
*"confirmed 0 "*|*"withdrawn 0") fail "some of it interrupts the bot and some does not: $first" ;;
esac

ok "the same bits from $n builds: $first"
