#!/bin/sh
# ops/docs/states.md is what `lianou fsm --all` says; every *_fsm of the tree
# stands in that list; --plant changes a copy of the page and must see it.
#   states.sh LIANOU SOURCE [--plant]
set -eu
made=$("$1" fsm --all)
page=$(cat "$2/ops/docs/states.md")
[ "${3:-}" != --plant ] || page=$(printf '%s\n' "$page" | sed '0,/-->/s//==>/')
same=0
[ "$made" = "$page" ] || same=1
if [ "${3:-}" = --plant ]; then
    [ $same = 1 ] && echo "the changed page is noticed" && exit 0
    echo "the changed page is NOT noticed" && exit 1
fi
[ $same = 0 ] || { echo "ops/docs/states.md is behind: lianou fsm --all > ops/docs/states.md"; exit 1; }
# A machine that nobody lists is one that nobody sees.
missing=$(cd "$2" && grep -rhoE --include='*.c' '^const struct bus_fsm [a-z_]+' bus producers consumers ops |
    awk '{print $4}' | while read -r name; do
    grep -q "&$name\b" ops/cli/inspect/machines.c || echo "$name"
done)
[ -z "$missing" ] || { echo "not in ops/cli/inspect/machines.c: $missing"; exit 1; }
echo "the page is in step, every machine is listed"
