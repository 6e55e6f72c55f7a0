#!/bin/bash
# The main job at 8000 Hz: answered, heard, understood, talked to, hung up, remembered.
. "$(dirname "$0")/happy-lib.sh"
happy_call 8000
