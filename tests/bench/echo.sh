#!/bin/bash
# SPDX-License-Identifier: ISC
# make bench-echo: the bot's own echo against real interruptions (echobench.c), on the test half of the speakers of
# vadd/train. HALF=train: on those with which the thresholds were chosen. SHARED: see vadd/train/README.md.
set -eu
prog=${1:?usage: echo.sh ECHOBENCH VADDATA DIR [option...]}
data=${2:?}
dir=${3:?}/${HALF:-test}
shift 3
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-/usr/bin/python3}
if [ ! -e "$dir/list" ]; then
	export PYTHONDONTWRITEBYTECODE=1
	"$python" -c 'import numpy' 2> /dev/null || { echo "bench-echo: $python has no numpy; make -C vadd/train deps" >&2; exit 1; }
	"$python" "$root/tests/bench/echoclips.py" --root "$root" --build "$data" --shared "${SHARED:-$root/../shared/audio}" \
	    --topcm "$data/topcm" --half "${HALF:-test}" --out "$dir"
fi
exec "$prog" "$@" "$dir/list"
