#!/bin/bash
# The main job at 16000 Hz: answered, heard, understood, talked to, hung up, remembered.
. "$(dirname "$0")/happy-lib.sh"
happy_call 16000
