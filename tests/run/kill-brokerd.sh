#!/bin/bash
# kill -9 of brokerd in mid-call.
. "$(dirname "$0")/kill-lib.sh"
killed brokerd
