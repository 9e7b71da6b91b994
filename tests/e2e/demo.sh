#!/bin/sh
# The demo's closing account adds up: on the embedded broker, or on real Kafka.
. "$(dirname "$0")/lib.sh"
[ -n "${LIANOU_PYTHON:-}" ] || skip "LIANOU_PYTHON is not set; ops/test brings it"
trap '[ -n "${demo:-}" ] && kill $demo 2>/dev/null && wait $demo; [ -d "$work/kafka" ] && ops/kafka/stop "$work/kafka"; rm -rf "$work"' EXIT
kafka=""
if [ "$1" = real ]; then
    need_kafka
    bootstrap=$(ops/kafka/start "$work/kafka")
    kafka="--kafka $bootstrap"
fi
# shellcheck disable=SC2086
"$program" demo --json --keep --applications "$2" --seed 11 $kafka >"$work/out" 2>"$work/err" &
demo=$!
until grep -q "still running" "$work/err"; do # or it has ended
    kill -0 $demo 2>/dev/null || { tail -20 "$work/err"; fail "demo ended badly"; }
    sleep 0.2
done
# shellcheck disable=SC1090
(. "$(sed -n 's/^ *\. \(.*\/env\)$/\1/p' "$work/err")" && "$LIANOU_PYTHON" tests/e2e/demo_said.py) && said=0 || said=$?
kill -INT $demo
wait $demo || { tail -20 "$work/err"; fail "demo ended badly"; }
[ $said = 0 ] || fail "who said what"
for way in ops/cli/demo/ways/*.yaml; do # these do not speak Kafka here, and answer all the same
    grep -q "by other ways than Kafka.* $(basename "$way" .yaml) [a-z ]* [1-9]" "$work/err" || fail "no answers by $way"
done
grep -q "by other ways than Kafka.* check spool [1-9]" "$work/err" || fail "no facts of a source"
json=$(tail -1 "$work/out")
echo "$json"
[ "$(number "$json" applications)" = "$2" ] || fail "applications"
[ $(($(number "$json" cases) + $(number "$json" duplicates))) = "$2" ] || fail "cases + duplicates"
for key in lost duplicated out_of_order parked; do
    [ "$(number "$json" $key)" = 0 ] || fail "$key"
done
if [ "$2" -ge 300 ]; then # every department of the catalogue has a part in it
    owners=$(sed -n 's/^department: //p' bus-config/policies/*/*.yaml | sort -u | wc -l)
    [ "$(number "$json" departments)" = "$owners" ] || fail "not all $owners departments have decided"
fi
for key in evaluations assignments decisions verifications payments deliveries needs cases_closed; do
    [ "$(number "$json" $key)" -gt 0 ] || fail "no $key"
done
