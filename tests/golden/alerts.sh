#!/bin/sh
# Alerting rules name only metrics that there are, with labels that they have; a planted one that is not is found.
set -eu
source=$1
names=$source/bus/run/metrics.names
check() { # FILE
    grep -o 'lianou_[a-z_]*' "$1" | sort -u | while read -r name; do
        base=${name%_bucket}
        grep -q "^$base " "$names" || { echo "$1: no metric $name"; exit 1; }
    done || return 1
    grep -o 'lianou_[a-z_]*{[^}]*}' "$1" | while read -r use; do
        name=${use%%\{*}
        for label in $(echo "${use#*\{}" | grep -o '[a-z_]*[!=]*=' | tr -d '!=~'); do
            grep -q "^$name [a-z]* .*\<$label\>" "$names" || { echo "$1: $name has no label $label"; exit 1; }
        done || exit 1
    done || return 1
}
n=0
for file in "$source"/ops/alerts/*.yaml; do
    check "$file" || exit 1
    n=$((n + 1))
done
[ "$n" -gt 0 ] || { echo "no rules"; exit 1; }
planted=$(mktemp)
trap 'rm -f "$planted"' EXIT
echo 'expr: increase(lianou_reads_bulky_total[1h])' >"$planted"
! check "$planted" >/dev/null || { echo "a metric that is not there was taken"; exit 1; }
echo 'expr: lianou_reads_total{whom="x"}' >"$planted"
! check "$planted" >/dev/null || { echo "a label that is not there was taken"; exit 1; }
echo "$n files of rules"
