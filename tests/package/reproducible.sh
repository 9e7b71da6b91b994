#!/bin/sh
# The packages of the last commit are the same bytes wherever they are made: once
# as ops/deb/build makes them, once in another folder with another umask, zone
# and language, one process at a time, and with librdkafka (the same build of it)
# in another place. A command of its own: it makes them twice.
set -eu
cd "${LIANOU_SOURCE:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
git clone -q . "$work/tree"
cd "$work/tree"
ops/deb/build --out "$work/one" >"$work/log" 2>&1 || { tail "$work/log"; exit 1; }
mkdir -p "$work/a/folder/elsewhere" "$work/cache/lianou"
cp -r "${XDG_CACHE_HOME:-$HOME/.cache}"/lianou/librdkafka-* "$work/cache/lianou"
(
    umask 077
    ! command -v ccache >/dev/null || { CCACHE_DIR=$(ccache --get-config cache_dir); export CCACHE_DIR; }
    export TMPDIR="$work/a/folder/elsewhere" XDG_CACHE_HOME="$work/cache" TZ=Asia/Shanghai LC_ALL=C LIANOU_JOBS=1
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
