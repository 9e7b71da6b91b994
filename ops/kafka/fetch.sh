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
