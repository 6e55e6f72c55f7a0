#!/bin/sh
# SPDX-License-Identifier: ISC
# Install what the data and the weights are made with, from Debian. As root.
set -eu
want='python3-numpy python3-torch flite espeak-ng xz-utils
asterisk-core-sounds-en-wav asterisk-core-sounds-es-wav asterisk-core-sounds-fr-wav
asterisk-core-sounds-it-wav asterisk-core-sounds-ru-wav asterisk-prompt-it-menardi-wav
pocketsphinx-testdata klettres-data ktuberling-data fillets-ng-data-nl fillets-ng-data-cs
asterisk-moh-opsound-wav libwebrtc-audio-processing-dev g++ valgrind'
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $want
