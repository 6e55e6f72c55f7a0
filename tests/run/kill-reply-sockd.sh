#!/bin/bash
# kill -9 of sockd while the bot speaks.
. "$(dirname "$0")/kill-reply-lib.sh"
killed_in_reply sockd
