#!/bin/bash
# kill -9 of brokerd while the bot speaks.
. "$(dirname "$0")/kill-reply-lib.sh"
killed_in_reply brokerd
