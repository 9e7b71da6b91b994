#!/bin/sh
# The `lianou policy` commands as an officer meets them.
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"' EXIT
export LIANOU_KEYRING=/dev/null LIANOU_PERSON_KEY=/dev/null
says() { # FILE WORDS
    grep -q -- "$2" "$1" || { tail -30 "$1"; fail "nothing says '$2'"; }
}

# check: clean on the county's own rules; a planted offender has its place
"$program" policy check >"$work/out" 2>&1 || { tail -20 "$work/out"; fail "the county's own rules have faults"; }
says "$work/out" "64 items of 18 departments"
says "$work/out" "^0 faults"
cp -r bus-config "$work/config"
sed -i 's/standard.dibao_fen$/standard.dibao_fenn/' "$work/config/policies/MZ/MZ01.yaml"
sed -i 's/^category: special/category: luxury/' "$work/config/policies/YB/YB02.yaml"
for command in check "policy check"; do
    if "$program" $command --config "$work/config" >"$work/out" 2>&1; then
        fail "$command found no planted fault"
    fi
    says "$work/out" "MZ01.yaml:[0-9]*:[0-9]*:.*did you mean 'dibao_fen'"
done
says "$work/out" "YB02.yaml:[0-9]*:[0-9]*: YB02: category: must be one of"
