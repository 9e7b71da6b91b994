#!/bin/sh
# `lianou check` is clean on the county's configuration, and finds a fault.
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"' EXIT
LIANOU_KEYRING=/dev/null LIANOU_PERSON_KEY=/dev/null "$program" check --config bus-config >"$work/out" 2>&1 ||
    { tail -20 "$work/out"; fail "the county's own configuration has faults"; }
cp -r bus-config "$work/config"
sed -i 's/^kind: department/kind: departmnet/' "$work/config/partners.d/MZ.yaml"
if "$program" check --config "$work/config" >"$work/out" 2>&1; then
    fail "a planted fault was not found"
fi
grep -q "MZ.yaml:[0-9]*:[0-9]*:.*department" "$work/out" || { cat "$work/out"; fail "no place and no nearest word"; }
