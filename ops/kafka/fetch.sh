# Sourced: brings Apache Kafka's jars, once, into a cache outside the tree.
LIANOU_KAFKA_HOME="${XDG_CACHE_HOME:-$HOME/.cache}/lianou/kafka-4.1.1"
export LIANOU_KAFKA_HOME
if [ ! -f "$LIANOU_KAFKA_HOME/.complete" ]; then
    echo "bringing Kafka 4.1.1 to $LIANOU_KAFKA_HOME"
    mkdir -p "$LIANOU_KAFKA_HOME"
    if ! mvn -q -B -f ops/kafka/pom.xml dependency:copy-dependencies \
        "-DoutputDirectory=$LIANOU_KAFKA_HOME" >"$LIANOU_KAFKA_HOME/mvn.log" 2>&1; then
        tail -5 "$LIANOU_KAFKA_HOME/mvn.log" >&2
        echo "lianou: Maven could not bring Kafka; put the jars of ops/kafka/pom.xml into $LIANOU_KAFKA_HOME" >&2
        exit 1
    fi
    touch "$LIANOU_KAFKA_HOME/.complete"
fi
# What a broker loads, written down once for this java (see start); a county's
# tests start some eighty of them. Without it they start all the same.
kafka_classes="$LIANOU_KAFKA_HOME/$(stat -Lc %Y "$(command -v java)").jsa"
if [ ! -f "$kafka_classes" ]; then
    kafka_once=$(mktemp -d)
    if LIANOU_KAFKA_JVM="-XX:ArchiveClassesAtExit=$kafka_once/jsa" ops/kafka/start "$kafka_once" >/dev/null 2>&1; then
        ops/kafka/stop "$kafka_once"
        [ ! -f "$kafka_once/jsa" ] || mv "$kafka_once/jsa" "$kafka_classes"
    fi
    rm -rf "$kafka_once"
fi
# And a folder of a broker's data as it is before the first start.
if [ ! -f "$LIANOU_KAFKA_HOME/formatted/data/meta.properties" ]; then
    kafka_once=$(mktemp -d)
    if ops/kafka/start "$kafka_once" >/dev/null 2>&1; then
        ops/kafka/stop "$kafka_once" KILL
        mkdir -p "$LIANOU_KAFKA_HOME/formatted/data"
        cp "$kafka_once"/data/bootstrap.checkpoint "$kafka_once"/data/meta.properties "$LIANOU_KAFKA_HOME/formatted/data/"
    fi
    rm -rf "$kafka_once"
fi
