#!/bin/sh
# The packages of the last commit are the same bytes wherever and whenever they are
# made: once as ops/deb/build makes them, once in another folder with another
# umask, zone and language, without the compiler's cache, and with a librdkafka
# that is built anew. A command of its own: it compiles everything (5 minutes).
set -eu
cd "${LIANOU_SOURCE:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
git clone -q . "$work/tree"
cd "$work/tree"
ops/deb/build --out "$work/one" >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
mkdir -p "$work/a/folder/elsewhere" "$work/cache"
(
    umask 077
    export TMPDIR="$work/a/folder/elsewhere" XDG_CACHE_HOME="$work/cache" TZ=Asia/Shanghai LC_ALL=C CCACHE_DISABLE=1 LIANOU_JOBS=1
    ops/deb/build --out "$work/two"
) >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
bad=0
for deb in "$work"/one/*.deb; do
    name=${deb##*/}
    if cmp "$deb" "$work/two/$name"; then
        echo "the same: $(sha256sum "$deb" | cut -c 1-16) $name"
    else
        bad=1
    fi
done
exit $bad
