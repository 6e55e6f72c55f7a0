#!/bin/bash
# kill -9 of sockd in mid-call.
. "$(dirname "$0")/kill-lib.sh"
killed sockd
