#!/bin/sh
# The county's own register has no fault; each offender put into a copy is told
# at its place.
#   register.sh LIANOU SOURCE
set -eu
lianou=$1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
"$lianou" register check --config "$2/bus-config"
"$lianou" register show 371425101230 --date 2021-01-01 --config "$2/bus-config" | grep -q assistant

# refused FILE ROW WHAT: with that row more, WHAT is told at the row's line.
refused() {
    rm -rf "$copy/c"
    cp -r "$2" "$copy/c"
    printf '%s\n' "$4" >>"$copy/c/$3"
    line=$(grep -c '' "$copy/c/$3")
    if "$lianou" register check --config "$copy/c" >"$copy/out"; then
        echo "passes: $4"
        return 1
    fi
    grep -q "$3:$line:1: .*$5" "$copy/out" || { echo "not told at $3:$line: $5"; cat "$copy/out"; return 1; }
}
refused - "$2/bus-config" registers/operators.csv 'op-x1,表白寺镇李见村社区,MZ,clerk,,2021-01-01,' 'no person'
refused - "$2/bus-config" registers/operators.csv 'op-x1,救助科室,nowhere,clerk,,2021-01-01,' "'nowhere' is no organisation"
refused - "$2/bus-config" registers/operators.csv 'op-x1,王小明,371425101230,assistant,,2021-01-01,' 'has two assistants from 2021-01-01'
refused - "$2/bus-config" registers/operators.csv 'op-x1,王小明,MZ,cleaner,,2021-01-01,' "found 'cleaner'"
refused - "$2/bus-config" registers/organisations.csv 'XX,某局所,department,,91350100M000100Y44,2021-01-01,' 'check character'
refused - "$2/bus-config" registers/seals.csv 's-1,MZ,,04ab,*,2021-01-01T00:00:00+08:00,,,,' 'SM2 public key'
refused - "$2/bus-config" registers/operators.csv 'op-x1,王小明,MZ,clerk,-1,2021-01-01,' "found '-1'"
refused - "$2/bus-config" registers/seals.csv "s-1,MZ,,04$(printf '1%.0s' $(seq 128)),*,2021-01-01T00:00:00+08:00,,,," 'a point of the curve'
echo "each offender is told at its place"
