# Sourced by the tests of the whole program.
set -eu
program=${LIANOU_PROGRAM:-$LIANOU_BUILT}
cd "$LIANOU_SOURCE"
work=$(mktemp -d)
chmod 755 "$work"
fail() {
    echo "FAILED: $*" >&2
    exit 1
}
skip() {
    echo "SKIPPED: $*" >&2
    exit 77
}
need_kafka() {
    [ -d "${LIANOU_KAFKA_HOME:-/nowhere}" ] || skip "LIANOU_KAFKA_HOME is not set; ops/test brings Kafka"
}
# number JSON KEY
number() {
    echo "$1" | sed -n "s/.*\"$2\":\([-0-9.]*\).*/\1/p"
}
