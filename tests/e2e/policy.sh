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
says "$work/out" "^as one message .* bytes, [0-9]* % of kafka.message_max (1048576)"
cp -r bus-config "$work/small"
sed -i 's/^kafka:/kafka:\n  message_max: 64KiB/' "$work/small/bus.yaml"
{ # noise, which no packing makes smaller
    echo "note:"
    od -An -tx1 -v -N60000 /dev/urandom | tr -d ' ' | sed 's/^/  - /'
} >>"$work/small/policies/MZ/MZ01.yaml"
"$program" policy check --config "$work/small" >"$work/out" 2>&1 && fail "a catalogue above message_max is no fault"
says "$work/out" "the catalogue has [0-9]* bytes, kafka.message_max is 65536: raise it"
says "$work/out" "^1 faults"
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

# discloses: by department, as JSON too; a stranger receives nothing
"$program" policy discloses FG >"$work/out" 2>&1 || fail "discloses FG"
says "$work/out" "^household.power_meter .*sensitive"
says "$work/out" "FG01 .*form"
grep -q "^member.disability_grade" "$work/out" && fail "FG would receive a grade of disability"
"$program" policy discloses FG --json | grep -q '"fact":"household.status",.*"clause":"FG01.1"' || fail "discloses --json"
"$program" policy discloses XX >"$work/out" 2>&1 && fail "XX receives something"

# rehearse: the present against itself turns nobody; a higher standard does, and
# a household of the examples can be opened under both
"$program" policy rehearse --with bus-config --on generated 300 --lang en >"$work/out" 2>&1 || fail "rehearse"
says "$work/out" "none turns"
rm -rf "$work/config"
cp -r bus-config "$work/config"
sed -i 's/{urban: 90000, rural: 70000}/{urban: 95000, rural: 76000}/' "$work/config/standards.yaml"
"$program" policy rehearse --with "$work/config" --on generated 3000 --seed 7 --date 2026-10-09 --csv "$work/csv" \
    --lang en >"$work/out" 2>&1 || fail "rehearse with a change"
says "$work/out" "MZ01 最低生活保障\|MZ01 Minimum"
n=$(sed -n 's/^  MZ01 gain: \([0-9]*\).*/\1/p' "$work/out")
[ -n "$n" ] || fail "nobody gains dibao"
grep -q "^$n,.*,MZ01,gains,not eligible,eligible,0," "$work/csv" || fail "household $n is not in the CSV"
"$program" generate households $((n + 1)) --seed 7 --date 2026-10-09 | tail -1 >"$work/one.json"
for folder in bus-config "$work/config"; do
    "$program" policy test MZ01 "$work/one.json" --date 2026-10-09 --lang en --config "$folder" >>"$work/both" 2>&1
done
says "$work/both" ": not eligible"
says "$work/both" ": eligible, "
# Without --date: on the first day of what is proposed. Funds by their names.
rm -rf "$work/config"
cp -r bus-config "$work/config"
sed -i '/^dibao_fen:/,/^edge_factor:/s/    - {from: 2020-01-01, by.*/&\n    - {from: 2099-03-01, by: household.area, in: {urban: 95000, rural: 76000}}/' "$work/config/standards.yaml"
"$program" policy rehearse --with "$work/config" --on generated 300 >"$work/out" 2>&1 || fail "rehearse a later day"
says "$work/out" "2099-03-01(拟行规则首个生效日)"
says "$work/out" "CG 困难群众救助补助资金"
"$program" policy rehearse --with /nowhere >"$work/out" 2>&1 && fail "a catalogue that is not there was taken"
says "$work/out" "/nowhere"

# A decision of a DMN model as an item's condition: judged, and part of the archive.
cp -r bus-config "$work/model"
cat >"$work/model/policies/CS/CS02.dmn" <<'DMN'
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="n">
  <inputData id="i" name="救助身份"><variable name="救助身份" typeRef="string"/></inputData>
  <decision id="d" name="符合条件"><variable name="符合条件" typeRef="boolean"/>
    <informationRequirement><requiredInput href="#i"/></informationRequirement>
    <decisionTable hitPolicy="FIRST">
      <input><inputExpression><text>救助身份</text></inputExpression></input>
      <output/>
      <rule><inputEntry><text>"dibao", "tekun"</text></inputEntry><outputEntry><text>true</text></outputEntry></rule>
      <rule><inputEntry><text>-</text></inputEntry><outputEntry><text>false</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
DMN
awk '/^    condition:/ {print; print "      dmn: CS02.dmn"; print "      decision: 符合条件"; skip = 1; next}
     skip && /^      text:/ {skip = 0} !skip' bus-config/policies/CS/CS02.yaml >"$work/model/policies/CS/CS02.yaml"
"$program" policy explain CS02 $three --config "$work/model" --lang en >"$work/out" 2>&1 || { cat "$work/out"; fail "no item by a model"; }
says "$work/out" "an old person on dibao: eligible"
says "$work/out" "an urban household in work: not eligible"
"$program" policy export "$work/model.tar" --unsigned --config "$work/model" >"$work/out" 2>&1 || { cat "$work/out"; fail "no export"; }
tar tf "$work/model.tar" | grep -qx policies/CS/CS02.dmn || fail "the model is not in the archive"
"$program" policy diff "$work/model" "$work/model.tar" >"$work/out" 2>&1 || { cat "$work/out"; fail "not the same"; }
sed -i "s/救助身份/身份/g" "$work/model/policies/CS/CS02.dmn"
"$program" policy check --config "$work/model" >"$work/out" 2>&1 && fail "an input without meaning was taken"
says "$work/out" "CS02.yaml:[0-9]*:[0-9]*: CS02: the model's input '身份' is no fact"
