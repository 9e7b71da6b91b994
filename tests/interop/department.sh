#!/bin/sh
# A department's own Python program answers an assignment, and the case goes
# on: the decision is accepted and a payment order leaves for the bank. Then
# dead letters: one is listed, sent again once, and not a second time.
. "$(dirname "$0")/../e2e/lib.sh"
pids=""
trap '[ -z "$pids" ] || kill $pids 2>/dev/null; [ -d "$work/kafka" ] && ops/kafka/stop "$work/kafka"; rm -rf "$work"' EXIT
need_kafka
python=${LIANOU_PYTHON:-${XDG_CACHE_HOME:-$HOME/.cache}/lianou/python/bin/python3}
[ -x "$python" ] || skip "no Python clients; ops/test brings them"

until_shown() { # WORD TOPIC: at most 40 s
    for _ in $(seq 40); do
        "$program" tap "$2" --from 2>/dev/null | grep -q "$1" && return 0
        sleep 1
    done
    fail "no $1 in $2"
}

LIANOU_KAFKA=$(ops/kafka/start "$work/kafka")
export LIANOU_KAFKA LIANOU_KAFKA_PARTITIONS=3 LIANOU_KAFKA_REPLICATION=1 LIANOU_KAFKA_MIN_INSYNC=1
export LIANOU_STATE="$work/state" LIANOU_ANY_PORTS=true
export LIANOU_KEYRING="$work/keys" LIANOU_PERSON_KEY="$work/person.key" LIANOU_ACCOUNTS="$work/accounts"
export LIANOU_PROCESS_FROM=2100-01-01 # a notice hangs a week: here a decision does not wait for it
umask 077
"$program" keys init >/dev/null
"$program" seal demo --registers "$work/registers" --keys "$work/seals"
export LIANOU_REGISTERS="$work/registers"
officer=$(sed -n 's/^\(op-[0-9]*\),[^,]*,MZ,approver,.*,$/\1/p' "$work/registers/operators.csv" | head -1)
"$program" topics apply >"$work/topics"
for role in matcher dispatch registry; do
    "$program" run $role 2>"$work/$role.log" &
    pids="$pids $!"
done
"$program" generate applications 20 --seed 5 >"$work/applications"
"$program" intake submit "$work/applications" >"$work/submit" 2>&1 || fail "submit: $(tail -1 "$work/submit")"
until_shown ASSIGNED assignments.MZ
items=$(grep -l 'step: accept, actor: township' bus-config/policies/MZ/*.yaml | sed 's/.*\(MZ[0-9]*\).yaml/\1/' | paste -sd, -)
port=$(sed -n 's/.*http_port=\([0-9]*\).*/\1/p' "$work/registry.log")
answer=$("$python" tests/interop/department.py "$LIANOU_KAFKA" "http://127.0.0.1:$port" "$LIANOU_KEYRING/MZ.keys" qihe. MZ \
    "$officer" "$work/seals/seal-MZ.key" "$work/registers/operators.csv" "$items") ||
    fail "the department's program"
echo "$answer"
case $answer in *" opened "*) ;; *) fail "the sealed field was not opened" ;; esac
decision=$(echo "$answer" | cut -d' ' -f3)
until_shown "\"STEP\".*$(echo "$answer" | cut -d' ' -f5)" cases
until_shown "\"DECISION_ACCEPTED\".*$decision" cases
until_shown "$decision" dispatches

# What cannot be read is a dead letter.
"$python" - "$LIANOU_KAFKA" <<'PY'
import sys
from confluent_kafka import Producer
p = Producer({"bootstrap.servers": sys.argv[1], "partitioner": "murmur2_random"})
p.produce("qihe.decisions.MZ", key=b"00000000-0000-8000-8000-000000000001", value=b"not avro")
p.flush(20)
PY
until_shown BUS_EPARSE dead-letters
letter=$("$program" dlq ls | sed -n 's/^\([^ ]*\)  BUS_EPARSE.*/\1/p')
[ -n "$letter" ] || fail "dlq ls"
"$program" dlq show "$letter" | grep -q "owner   MZ" || fail "dlq show"
"$program" dlq redrive "$letter" | grep -q "^1 redriven, 0 had" || fail "redrive"
"$program" dlq redrive "$letter" | grep -q "^0 redriven, 1 had" || fail "redrive twice"
"$program" tap decisions.MZ --from | grep -c "not the zero of Confluent" | grep -qx 2 || fail "redriven once"

# Whole topics as Avro files, read by another's library; the sealed fields stay.
"$program" export assignments.MZ "$work/a.avro" >"$work/export" || fail "export: $(cat "$work/export")"
"$program" export cases "$work/c.avro" --codec null >>"$work/export" || fail "export: $(cat "$work/export")"
"$program" export dead-letters "$work/d.avro" >>"$work/export" || fail "export: $(cat "$work/export")"
"$python" tests/interop/export.py "$work/a.avro" 1 "$(sed -n 's/.*"lianou.id": \([0-9]*\).*/\1/p' schemas/assignment.avsc)" || fail "a.avro"
"$python" tests/interop/export.py "$work/c.avro" 20 "$(sed -n 's/.*"lianou.id": \([0-9]*\).*/\1/p' schemas/case_event.avsc)" || fail "c.avro"
"$python" tests/interop/export.py "$work/d.avro" 1 95 || fail "d.avro"
cat "$work/export"
"$program" export cases "$work/c.avro" 2>"$work/err" && fail "a file was written over"
grep -q "is there already" "$work/err" || fail "$(cat "$work/err")"
"$program" export decisions.MZ "$work/m.avro" 2>"$work/err" && fail "unreadable records were not said"
grep -q "left out: .*zero of Confluent" "$work/err" || fail "$(cat "$work/err")"
[ ! -e "$work/m.avro.part" ] || fail "a part is left"
