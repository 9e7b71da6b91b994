#!/bin/sh
# Pages that the program makes are what it says: ops/docs/states.md `lianou fsm
# --all`, ops/docs/metrics.md `lianou metrics`; every *_fsm of the tree stands in
# the first. --plant changes copies of the pages and must see each.
#   pages.sh LIANOU SOURCE [--plant]
set -eu
behind=
for page in "states.md fsm --all" "metrics.md metrics"; do
    name=${page%% *}
    # shellcheck disable=SC2086
    made=$("$1" ${page#* })
    have=$(cat "$2/ops/docs/$name")
    [ "${3:-}" != --plant ] || have=$(printf '%s\n' "$have" | sed '0,/ | [a-z]/s//&x/')
    [ "$made" = "$have" ] || behind="$behind $name"
done
if [ "${3:-}" = --plant ]; then
    [ "$behind" = " states.md metrics.md" ] && echo "each changed page is noticed" && exit 0
    echo "NOT noticed; noticed:$behind" && exit 1
fi
[ -z "$behind" ] || { echo "behind in ops/docs:$behind (lianou fsm --all > states.md, lianou metrics > metrics.md)"; exit 1; }
# A machine that nobody lists is one that nobody sees.
missing=$(cd "$2" && grep -rhoE --include='*.c' '^const struct bus_fsm [a-z_]+' bus producers consumers ops |
    awk '{print $4}' | while read -r name; do
    grep -q "&$name\b" ops/cli/inspect/machines.c || echo "$name"
done)
[ -z "$missing" ] || { echo "not in ops/cli/inspect/machines.c: $missing"; exit 1; }
echo "the pages are in step, every machine is listed"
