"""What the tests of one department behind a transport of its own have in common: `town` is their Town, CODE theirs."""
import pathlib
import sys
import uuid

import requests
from patience import SLOW, until
from topics import load_schemas, read_topics

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SCHEMAS = load_schemas(SOURCE / "schemas")
CODE = "MZ"


def wait(town, what, seconds, test):
    found = until(test, seconds, town.moved)
    if not found:
        sys.exit("no %s; nothing moved for %d s" % (what, seconds * SLOW))
    return found


def text_of(value):
    return str(uuid.UUID(bytes=value)) if isinstance(value, bytes) else str(value)


def said(town):
    """Events for the partner in their order, decisions, letters."""
    asked, decided, letters = [], [], []
    for topic, part, place, kind, record in read_topics(town.bootstrap, "qihe.", SCHEMAS):
        if topic == "assignments." + CODE:
            asked.append((part, place, record))
        elif topic == "decisions." + CODE:
            decided.append(record)
        elif topic == "dead-letters":
            letters.append(record)
    return [r for _, _, r in sorted(asked, key=lambda x: x[:2])], decided, letters


def submit(town, seed, n):
    lines = town.lianou("generate", "applications", str(n), "--seed", str(seed)).stdout
    (town.dir / "in").write_text(lines)
    wait(town, "submission", 120, lambda: town.lianou("intake", "submit", str(town.dir / "in"), check=False).returncode == 0)


def conditions(metrics):
    try:
        r = requests.get("http://127.0.0.1:%d/readyz" % metrics, timeout=10)
        return {c["name"]: c for c in r.json()["conditions"]}
    except requests.RequestException:
        return {}
