#!/bin/sh
# Install the Debian packages that callpipe is built, run and tested with, those
# that are missing and no others, saying what. As root, or with sudo.
#
#   etc/deps.sh           what `make`, `make demo` and `make check` need
#   etc/deps.sh lint      also what `make lint`, `make fuzz` and `make bench` need
set -eu

build='gcc make pkg-config libc6-dev libevent-dev libwebsockets-dev libwebsockets-evlib-ev libev-dev
libzmq3-dev libcurl4-openssl-dev libjson-c-dev libssl-dev libsqlite3-dev libspeexdsp-dev libsndfile1-dev
libconfig-dev libpocketsphinx-dev libsphinxbase-dev pocketsphinx-en-us flite1-dev flite espeak-ng
libwslay-dev'
test='check libsubunit-dev sqlite3 openssl curl procps mandoc python3'
lint='clang clang-tidy clang-format cppcheck shellcheck apache2-utils valgrind libclang-rt-14-dev'

want="$build $test"
[ "${1:-}" = lint ] && want="$want $lint"

missing=
for p in $want; do
	case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
	*' installed') ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

echo "deps: installing$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || { echo "deps: run as root, or install sudo" >&2; exit 1; }
	as_root=sudo
fi
$as_root apt-get update -qq || echo "deps: apt-get update failed; trying with the lists that are there" >&2
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
