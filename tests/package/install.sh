#!/bin/bash
# What `install` lays down is whole: the program runs on the installed
# configuration, the manual is clean and names every command, the completion
# completes.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAILED: $*" >&2
    exit 1
}
DESTDIR=$work cmake --install "$1" >"$work/log" || fail "install: $(tail -3 "$work/log")"
bin=$(find "$work" -type f -path '*/bin/lianou')
man=$(find "$work" -name lianou.1)
config=$(find "$work" -type f -path '*/etc/lianou/bus.yaml' -printf '%h')
[ -x "$bin" ] && [ -f "$man" ] && [ -d "$config" ] || fail "something is not installed"
cd /
LIANOU_CONFIG=$config "$bin" check >"$work/check" 2>&1 || fail "check: $(tail -5 "$work/check")"

commands=$("$bin" help | sed -n 's/^  lianou \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -gt 12 ] || fail "too few commands: $commands"
warnings=$(groff -man -Tutf8 -P-cbou -K utf8 -ww "$man" 2>&1 >"$work/page")
[ -z "$warnings" ] || fail "manual: $warnings"
for c in $commands; do
    grep -q "^ *lianou $c" "$work/page" || fail "the manual lacks $c"
done

# shellcheck source=/dev/null
. "$(find "$work" -path '*completions/lianou')"
complete_words() {
    COMP_WORDS=(lianou "$@")
    COMP_CWORD=$#
    _lianou
    echo "${COMPREPLY[*]}"
}
for c in $commands; do
    [[ " $(complete_words "") " == *" $c "* ]] || fail "no completion of $c"
done
[ "$(complete_words topics pl)" = plan ] || fail "topics pl: $(complete_words topics pl)"
[ "$(complete_words demo --app)" = --applications ] || fail "demo --app: $(complete_words demo --app)"
[[ " $(complete_words policy "") " == *" explain "* ]] || fail "policy: $(complete_words policy "")"
[ "$(complete_words run mat)" = matcher ] || fail "run mat: $(complete_words run mat)"
export LIANOU_CONFIG=$config
[ "$(complete_words run partner youzh)" = youzheng ] || fail "run partner youzh: $(complete_words run partner youzh)"
[ "$(complete_words simulate youzh)" = youzheng ] || fail "simulate youzh: $(complete_words simulate youzh)"
[ "$(complete_words status disp)" = dispatch ] || fail "status disp: $(complete_words status disp)"
for unit in 'lianou@' 'lianou-partner@'; do
    find "$work" -name "$unit.service" | grep -q . || fail "no unit $unit"
done
# A county's own rules stay; what is missing comes again.
echo "# ours" >>"$config/bus.yaml"
rm "$config/funds.yaml"
DESTDIR=$work cmake --install "$1" >"$work/log" || fail "install again: $(tail -3 "$work/log")"
[ "$(tail -1 "$config/bus.yaml")" = "# ours" ] || fail "a second install overwrites bus.yaml"
[ -s "$config/funds.yaml" ] || fail "a second install brings no funds.yaml"
[ "$(grep -c 'Kept, and not as it comes:' "$work/log")" = 1 ] && grep -q "Kept.*/bus.yaml$" "$work/log" || fail "what was kept is not said"
docs=$(find "$work" -name README.zh.md)
for f in $(grep -oE '`(ops|schemas|bus|bus-config)/[A-Za-z/]*\.md`' "${docs%/*}/README.md" | tr -d '`'); do
    [ -s "${docs%/*}/$f" ] || fail "the README points to $f"
done
echo "installed: $(find "$work" -type f | wc -l) files, $(echo "$commands" | wc -l) commands"
