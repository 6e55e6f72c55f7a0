#!/bin/sh
# SPDX-License-Identifier: ISC
# hearing.sh HEARING DATA [most_db]...: words understood with the noise suppressor and without, and what it costs.
set -eu
hearing=$1 data=$2
shift 2
[ $# -gt 0 ] || set -- 15
"$hearing" "$data" "$@" > "$data/heard"
PYTHONDONTWRITEBYTECODE=1 "${PYTHON:-/usr/bin/python3}" "$(dirname "$0")/hearing.py" table < "$data/heard"
echo
"$hearing" -t 20
command -v valgrind > /dev/null || { echo "no valgrind: instructions are not counted"; exit 0; }
count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$1" "$hearing" -t "$2" 8000 2>&1 |
	    awk '/Collected/ { print $4 }'
}
for f in suppress_feed suppress_learn; do
	few=$(count $f 2) many=$(count $f 6)
	echo "$f: $(((many - few) / 200)) instructions a frame at 8000 Hz"
done
