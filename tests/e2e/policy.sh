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

# test, explain: the sample households, a wrong expectation, an unknown fact
three=bus-config/policies/samples/three-households.yaml
for code in MZ01 MZ07 MZ12 MZ13 RS01; do
    "$program" policy test $code $three >"$work/out" 2>&1 || { cat "$work/out"; fail "$code is not as expected"; }
    says "$work/out" " 0 not as expected"
done
sed 's/amount_fen: 60000/amount_fen: 60001/' $three >"$work/wrong.yaml"
"$program" policy test MZ01 "$work/wrong.yaml" >"$work/out" 2>&1 && fail "a wrong expectation was met"
says "$work/out" "NOT AS EXPECTED"
sed 's/deposit_fen: 300000/deposit_fan: 300000/' $three >"$work/wrong.yaml"
"$program" policy test MZ01 "$work/wrong.yaml" >"$work/out" 2>&1 && fail "an unknown fact was taken"
says "$work/out" "wrong.yaml:[0-9]*:[0-9]*: deposit_fan: .*did you mean 'deposit_fen'"
echo '{"facts": {"城乡类别": "农村", "本县户籍": true, "家庭年收入": 900000}, "members": [{"性别": "女"}]}' >"$work/one.json"
"$program" policy explain MZ01 "$work/one.json" --date 2026-10-09 --lang zh >"$work/out" 2>&1 ||
    { cat "$work/out"; fail "one household in JSON was not taken"; }
says "$work/out" "不符合"
says "$work/out" "月人均收入 750.00 元; 低保标准 700.00 元"
