#!/bin/bash
# Run unit tests, fuzz seeds and run tests, several at once; print what each
# said when it failed; end with "N passed, N failed".
#
#   tests/check.sh OUTDIR UNIT... -- SCRIPT...
#
# A unit program counts as many tests as Check reports, a script as many as it
# prints "ok - " and "not ok - " lines; a script that says nothing has failed.
set -u
out=$1
shift
mkdir -p "$out"
rm -f "$out"/*.out "$out"/*.rc
# Run tests mostly wait for speech in real time, so more of them than cores go well.
jobs=${JOBS:-$(($(nproc) * 2))}

one() {
	local t=$1 name begin=$SECONDS rc
	name=$(echo "$t" | tr / _)
	timeout 300 "$t" > "$2/$name.out" 2>&1 < /dev/null
	rc=$?
	echo "$((SECONDS - begin))" > "$2/$name.seconds"
	echo $rc > "$2/$name.rc"
}
export -f one

printf '%s\n' "$@" | grep -vx -- -- | xargs -P "$jobs" -I{} bash -c 'one "$1" "$2"' _ {} "$out"

passed=0 failed=0
for t in "$@"; do
	[ "$t" = -- ] && continue
	f=$out/$(echo "$t" | tr / _)
	rc=$(cat "$f.rc" 2>/dev/null || echo 255)
	line=$(grep -a -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$f.out" | awk '{c+=$3; f+=$5+$7} END {if (NR) print c+0, f+0}' | tr -d ,)
	if [ -n "$line" ]; then
		read -r checks bad <<< "$line"
		good=$((checks - bad))
	else
		good=$(grep -a -c '^ok - ' "$f.out")
		bad=$(grep -a -c '^not ok - ' "$f.out")
	fi
	# An exit status that the count does not explain is a failure of its own.
	{ [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; } && bad=1
	{ [ "$good" -eq 0 ] && [ "$bad" -eq 0 ]; } && bad=1
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" -ne 0 ]; then
		echo "FAIL $t (exit $rc)"
		tail -n 80 "$f.out" | sed 's/^/    /'
	else
		took=$(cat "$f.seconds")
		echo "pass $t ($good)$([ "$took" -lt 20 ] || echo ", $took s")"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
