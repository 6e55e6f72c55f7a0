#!/bin/bash
# kill -9 of webhookd in mid-call.
. "$(dirname "$0")/kill-lib.sh"
killed webhookd
