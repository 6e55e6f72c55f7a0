#!/bin/bash
# kill -9 of vadd in mid-call.
. "$(dirname "$0")/kill-lib.sh"
killed vadd
