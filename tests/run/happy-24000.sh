#!/bin/bash
# The main job at 24000 Hz: answered, heard, understood, talked to, hung up, remembered.
. "$(dirname "$0")/happy-lib.sh"
happy_call 24000
