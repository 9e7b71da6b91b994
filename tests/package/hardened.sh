#!/bin/sh
# hardened.sh PROGRAM  reads the ELF of what ops/demo builds: what an attacker
#                      would have to get round is there
# hardened.sh --plant  the same of programs that each lack one of it: must find
set -eu

# lacks FILE: names what it lacks, one a line.
lacks() {
    readelf -Whl -d -n "$1" >"$work/elf" 2>/dev/null || { echo "not an ELF file"; return; }
    readelf -W --dyn-syms "$1" >"$work/symbols"
    grep -q 'FLAGS_1.*PIE' "$work/elf" || echo "PIE"
    grep -q '^ *GNU_RELRO' "$work/elf" || echo "RELRO"
    grep -qE '\((FLAGS|FLAGS_1)\).*NOW' "$work/elf" || echo "BIND_NOW"
    grep -q '^ *GNU_STACK.* RW ' "$work/elf" || echo "a stack without code"
    ! grep -q 'TEXTREL' "$work/elf" || echo "text without relocations"
    ! grep -qE '^ *LOAD .* RWE ' "$work/elf" || echo "code that nobody writes"
    grep -qE ' __(v?snprintf|v?fprintf|memcpy|memset|memmove|read)_chk' "$work/symbols" || echo "FORTIFY"
    grep -q ' __stack_chk_fail' "$work/symbols" || echo "stack protector"
    case $(uname -m) in
    x86_64) # as packed there are no names: then the many functions that are only pointed to
        objdump -d --no-show-raw-insn "$1" 2>/dev/null |
            awk '/<main>:$/ {main = 1; at = NR} /endbr64/ {n++; if (main && NR == at + 1) good = 1} END {exit !(good || !main && n > 100)}' || echo "CET" ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$1" = --plant ]; then
    cat >"$work/p.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    char a[64];
    (void)snprintf(a, (size_t)argc * 8, "%s", argv[0]);
    return puts(a) < 0;
}
C
    all="-O2 -fPIE -pie -D_FORTIFY_SOURCE=2 -fstack-protector-strong -Wl,-z,relro,-z,now"
    [ "$(uname -m)" != x86_64 ] || all="$all -fcf-protection=full"
    bad=0
    # plant FLAG WHAT: with FLAG against it, WHAT is named.
    plant() {
        # shellcheck disable=SC2086
        cc $all $1 -o "$work/p" "$work/p.c" 2>/dev/null
        lacks "$work/p" >"$work/lacks"
        if [ "$(cat "$work/lacks")" = "$2" ]; then
            echo "planted offender: ${2:-none}"
        else
            echo "NOT FOUND: ${2:-none} ($(cat "$work/lacks"))"
            bad=1
        fi
    }
    plant "" ""
    plant "-fno-pie -no-pie" "PIE"
    plant "-Wl,-z,norelro" "RELRO"
    plant "-Wl,-z,lazy" "BIND_NOW"
    plant "-Wl,-z,execstack" "a stack without code"
    plant "-U_FORTIFY_SOURCE" "FORTIFY"
    plant "-fno-stack-protector" "stack protector"
    [ "$(uname -m)" != x86_64 ] || plant "-fcf-protection=none" "CET"
    exit $bad
fi
[ -x "$1" ] || { echo "SKIPPED: no $1 (ops/demo builds it)"; exit 77; }
found=$(lacks "$1")
[ -z "$found" ] || { echo "$1 lacks:" "$found"; exit 1; }
echo "$1: PIE, full RELRO, BIND_NOW, FORTIFY, stack protector$([ "$(uname -m)" != x86_64 ] || echo ", CET")"
