#!/bin/sh
# SPDX-License-Identifier: ISC
# Install what the data and the weights are made with, from Debian. As root.
set -eu
want='python3-numpy flite espeak-ng xz-utils sox
asterisk-core-sounds-en-wav asterisk-core-sounds-es-wav asterisk-core-sounds-fr-wav
asterisk-core-sounds-it-wav asterisk-core-sounds-ru-wav asterisk-prompt-it-menardi-wav
pocketsphinx-testdata klettres-data ktuberling-data fillets-ng-data-nl fillets-ng-data-cs
asterisk-prompt-es-co asterisk-prompt-fr-armelle tuxpaint-stamps-default flight-of-the-amazon-queen
lincity-ng-data wesnoth-1.16-music drascula-music sonic-pi-samples bucklespring-data
asterisk-moh-opsound-wav libwebrtc-audio-processing-dev g++ valgrind'
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $want
