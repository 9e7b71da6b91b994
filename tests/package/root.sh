#!/bin/sh
# root.sh RELEASE [--test|--deb] [--keep DIR]
#
# The README's commands on a fresh Debian: debootstrap of RELEASE (bookworm or
# trixie) from the mirror this system's apt names, this commit cloned into it,
# `ops/demo --applications 60`, and with --test `ops/test`. Needs root,
# debootstrap and the network; 5 minutes, with --test as long as ops/test.
# --deb: instead of them the packages, built there, installed by apt with what
# they depend on, upgraded, purged (deb.sh --here).
# --keep DIR: the root stands there, and is used again.
set -eu
release=$1
shift
test="" deb="" dir=""
while [ $# -gt 0 ]; do
    case $1 in
    --test) test=yes ;;
    --deb) deb=yes ;;
    --keep) dir=$2; shift ;;
    *) echo "root.sh: $1?" >&2; exit 2 ;;
    esac
    shift
done
if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo "SKIPPED: not root, or no debootstrap"
    exit 77
fi
source=${LIANOU_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' | awk '$2 == "main" {print $1; exit}')
keep=${dir:+yes}
dir=${dir:-$(mktemp -d)}
[ -n "$keep" ] || chmod 755 "$dir" # it becomes the root, and others than root walk through it
end() {
    for at in "$dir/dev/pts" "$dir/dev" "$dir/proc"; do
        ! mountpoint -q "$at" || umount "$at"
    done
    [ -n "$keep" ] || rm -rf --one-file-system "$dir"
}
trap end EXIT
trap 'exit 1' INT TERM
if [ ! -d "$dir/etc" ]; then
    script=/usr/share/debootstrap/scripts/$release
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
    log=$(mktemp)
    debootstrap --variant=minbase "$release" "$dir" "$mirror" "$script" >"$log" 2>&1 || { tail -5 "$log"; exit 1; }
    rm -f "$log"
fi
mountpoint -q "$dir/proc" || mount -t proc proc "$dir/proc"
mountpoint -q "$dir/dev" || mount --bind /dev "$dir/dev"
mountpoint -q "$dir/dev/pts" || mount --bind /dev/pts "$dir/dev/pts"
cp /etc/resolv.conf "$dir/etc/resolv.conf"
rm -rf "$dir/root/lianou"
git clone -q "$source" "$dir/root/lianou"
inside() {
    chroot "$dir" env -i HOME=/root CI="${CI:-}" PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /root/lianou && $1" </dev/null
}
if [ -n "$deb" ]; then
    inside "dpkg --purge lianou lianou-doc 2>/dev/null; rm -rf /etc/lianou" # of a run before
    inside "ops/setup.sh build deb && tests/package/deb.sh --here" || { echo "FAILED: the packages on $release"; exit 1; }
    echo "$release: packages built, installed, upgraded and purged on a fresh root"
    exit 0
fi
inside "ops/demo --applications 60" >"$dir/root/demo.log" 2>&1 || { tail -20 "$dir/root/demo.log"; echo "FAILED: ops/demo on $release"; exit 1; }
for none in parked "dead letters" lost duplicated "out of order"; do
    grep -q "^ *0 .* $none\$" "$dir/root/demo.log" || { tail -25 "$dir/root/demo.log"; echo "FAILED: not 0 $none"; exit 1; }
done
grep -q '^ *60 .* applications$' "$dir/root/demo.log" || { echo "FAILED: not 60 applications"; exit 1; }
if [ -n "$test" ]; then
    inside ops/test || { echo "FAILED: ops/test on $release"; exit 1; }
fi
echo "$release: ops/demo${test:+ and ops/test} passed on a fresh root"
