#!/bin/sh
# units.sh FOLDER: each systemd unit of the folder is exposed less than 3 (of 10,
# by systemd-analyze security); a unit that holds nothing back is seen to fail.
set -eu
command -v systemd-analyze >/dev/null || { echo "SKIPPED: no systemd-analyze"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exposed() { # UNIT: its name without the template's @, as --offline wants it
    name=$(basename "$1" | sed 's/@\.service$/@one.service/')
    cp "$1" "$work/$name"
    systemd-analyze security --offline=true --no-pager --threshold=29 "$work/$name" >"$work/said" 2>&1
}
printf '[Service]\nExecStart=/bin/true\n' >"$work/open@.service"
if exposed "$work/open@.service"; then
    echo "a unit that holds nothing back passes: the check is blind"
    exit 1
fi
bad=0
for unit in "$1"/*.service; do
    if exposed "$unit"; then
        echo "$(basename "$unit"): $(tail -1 "$work/said")"
    else
        echo "WRONG $(basename "$unit"): $(tail -1 "$work/said")"
        bad=1
    fi
done
exit $bad
