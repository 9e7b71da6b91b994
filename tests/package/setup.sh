#!/bin/sh
# Not root, no apt, no network: one clear message with the list to install by
# hand, exit 1, and no other noise. The system's tools are stubs.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAILED: $*" >&2
    cat "$work/err" >&2
    exit 1
}
for tool in sh sed tr grep tail mktemp rm env dirname cat; do
    ln -s "$(command -v $tool)" "$work/$tool"
done
stub() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/$1"
    chmod +x "$work/$1"
}
# try NAME: with only what is in $work.
try() {
    if PATH=$work sh -c '. ops/setup.sh; install_packages build' "$LIANOU_SOURCE/ops/x" >"$work/out" 2>"$work/err"; then
        fail "$1: it went on"
    fi
    [ "$(wc -l <"$work/err")" = 2 ] || fail "$1: more than the one message"
    grep -q "^lianou: .*$2" "$work/err" || fail "$1: does not say $2"
    grep -q '^  apt-get install .*build-essential.*libpq-dev.*libcmocka-dev' "$work/err" || fail "$1: no list"
}
cd "$LIANOU_SOURCE"
try "no apt" "no apt"
stub dpkg-query "exit 1"
stub apt-get 'echo "E: Could not connect to the mirror" >&2; exit 100'
stub id "echo 1000"
try "not root" "not root"
stub sudo 'exec "$@"'
try "no network" "Could not connect to the mirror"
stub id "echo 0"
try "root, no network" "no network"
echo "4 messages"
