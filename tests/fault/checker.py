"""An account of its own: reads the topics (read_committed) with other people's
clients, and the ledger's tables with psql, and says what is lost, duplicated,
torn or out of order. Shares no code with the program."""
import io
import json
import pathlib
import struct
import subprocess
import uuid

import fastavro

OWN = ("evaluations", "cases", "dispatches", "parked")
OWN_PREFIXES = ("assignments.", "verification-requests.", "payment-orders.", "delivery-tasks.", "needs.")


def load_schemas(folder):
    """Schema id -> (record name, parsed schema that stands alone)."""
    texts = {p.stem: json.loads(p.read_text()) for p in pathlib.Path(folder).glob("*.avsc")}

    def whole(node, seen):
        if isinstance(node, str) and node.startswith("lianou.") and node[7:] in texts:
            if node in seen:
                return node
            seen.add(node)
            return whole(texts[node[7:]], seen)
        if isinstance(node, list):
            return [whole(n, seen) for n in node]
        if isinstance(node, dict):
            return {k: whole(v, seen) if k in ("type", "items", "values", "fields") else v for k, v in node.items()}
        return node

    return {t["lianou.id"]: (n, fastavro.parse_schema(whole(t, {"lianou." + n})))
            for n, t in texts.items() if "lianou.id" in t}


def read_topics(bootstrap, prefix, by_id):
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "checker", "isolation.level": "read_committed",
                  "enable.auto.commit": False, "enable.partition.eof": True})
    meta = c.list_topics(timeout=20)
    places = [TopicPartition(t, p, OFFSET_BEGINNING) for t in meta.topics if t.startswith(prefix)
              for p in meta.topics[t].partitions]
    c.assign(places)
    left = len(places)
    events = []
    while left > 0:
        m = c.poll(30)
        if m is None:
            raise RuntimeError("Kafka is silent")
        if m.error():
            if m.error().code() == -191:
                left -= 1
                continue
            raise RuntimeError(str(m.error()))
        if m.value() is None:
            continue
        magic, schema_id = struct.unpack(">bI", m.value()[:5])
        if magic != 0 or schema_id not in by_id:
            events.append((m.topic()[len(prefix):], m.partition(), m.offset(), "unreadable", {}))
            continue
        name, schema = by_id[schema_id]
        record = fastavro.schemaless_reader(io.BytesIO(m.value()[5:]), schema)
        events.append((m.topic()[len(prefix):], m.partition(), m.offset(), name, record))
    c.close()
    return events


def read_ledger(conninfo):
    out = subprocess.run(["psql", "-X", "-At", "-F", "|", conninfo, "-c",
                          "SELECT topic, part, place, event_id, kind FROM event"],
                         check=True, capture_output=True, text=True).stdout
    return {(t, int(p), int(o)): (e, k) for t, p, o, e, k in (line.split("|") for line in out.splitlines())}


def account(events, ledger):
    """Four numbers, and the first few findings of each kind."""
    found = {"lost": [], "duplicated": [], "torn": [], "out_of_order": []}
    applications, taken, opened, closed, judged = {}, set(), {}, {}, {}
    accepted, dispatched, seen, per_version, states = set(), set(), {}, {}, {}
    for topic, part, place, kind, r in sorted(events, key=lambda e: (e[0], e[1], e[2])):
        own = topic in OWN or topic.startswith(OWN_PREFIXES)
        if own:
            if r["event_id"] in seen:
                found["duplicated"].append((topic, part, place, "as", seen[r["event_id"]]))
            seen[r["event_id"]] = (topic, part, place)
        if kind == "application":
            applications[r["application_id"]] = r
        elif kind == "case_event":
            case = r["case_id"]
            if r["kind"] == "OPENED":
                if case in opened:
                    found["duplicated"].append(("opened twice", place))
                opened[case] = (part, place)
            elif case not in opened:
                found["out_of_order"].append(("before its opening", r["kind"], part, place))
            if r["kind"] in ("OPENED", "APPLICATION_JOINED"):
                taken.add(r["application_id"])
            if r["kind"] == "DECISION_ACCEPTED":
                accepted.add(r["decision"]["decision_id"])
                if case in closed:
                    found["out_of_order"].append(("a decision after the end", part, place))
            if r["kind"] == "CLOSED":
                if case in closed:
                    found["duplicated"].append(("closed twice", place))
                closed[case] = place
        elif kind == "evaluation":
            version = (r["case_id"], r["facts_version"])
            if version in per_version:
                found["duplicated"].append(("evaluated twice", version[1], place))
            per_version[version] = place
            judged.setdefault(r["case_id"], []).append(r["facts_version"])
        elif kind == "dispatch_result":
            dispatched.add(r["decision_id"])
        elif kind == "household_state":
            old = states.get(r["household_id"])
            if old is not None and r["sequence"] <= old:
                found["out_of_order"].append(("a state went back", part, place))
            states[r["household_id"]] = r["sequence"]
    dead = [r for t, _, _, k, r in events if k == "dead_letter" and r["topic"].endswith("applications")]
    missing = [a for a in applications if a not in taken]
    found["lost"] += [("application", str(uuid.UUID(bytes=a))) for a in missing[len(dead):]]
    found["lost"] += [("dispatch of", str(uuid.UUID(bytes=d))) for d in accepted - dispatched]
    for case in opened:
        versions = judged.get(case, [])
        if not versions:
            found["torn"].append(("opened without an evaluation", opened[case]))
        elif versions != sorted(versions):
            found["out_of_order"].append(("evaluations", opened[case]))
    for r in applications.values():
        if r["household_id"] not in states:
            found["torn"].append(("an application without a state", r["channel_reference"]))
    if ledger is not None:
        kept = {(t, p, o): r for t, p, o, k, r in events if k != "household_state" and t != "catalogue"}
        for place, r in kept.items():
            if place not in ledger:
                found["lost"].append(("not in the ledger",) + place)
            elif "event_id" in r and ledger[place][0] != str(uuid.UUID(bytes=r["event_id"])):
                found["torn"].append(("another event in the ledger",) + place)
        found["duplicated"] += [("only in the ledger",) + place for place in ledger if place not in kept]
    return found, {"applications": len(applications), "opened": len(opened), "closed": len(closed),
                   "evaluations": len(per_version), "events": len(events)}
