#!/usr/bin/env python3
"""Reads what `lianou export` wrote with fastavro alone.

  export.py FILE.avro COUNT SCHEMA-ID   at least COUNT records, the attributes of
                                        the schema are there, nothing personal is
"""
import sys

import fastavro


def fields(schema):
    if isinstance(schema, list):
        for s in schema:
            yield from fields(s)
    elif isinstance(schema, dict):
        for f in schema.get("fields", []):
            yield f
            yield from fields(f["type"])
        for key in ("items", "values", "type"):
            if isinstance(schema.get(key), (dict, list)):
                yield from fields(schema[key])


def main():
    path, count, schema_id = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with open(path, "rb") as f:
        r = fastavro.reader(f)
        schema, codec = r.writer_schema, r.codec
        records = list(r)
    marked = [f["name"] for f in fields(schema) if "lianou.pii" in f]
    dates = [f["name"] for f in fields(schema)
             if isinstance(f["type"], dict) and f["type"].get("logicalType") == "timestamp-millis"]
    assert schema["lianou.id"] == schema_id, schema["lianou.id"]
    assert dates, "no logical type is left"
    assert len(records) >= count, len(records)
    for rec in records:
        for name in marked:
            assert rec.get(name, None) in (None, "***", b""), (name, "is not masked")
        if schema_id == 95 and rec["value"] is not None:
            assert len(rec["value"]) <= 32, "a dead letter's bytes"
    print(f"{path}: {len(records)} records, codec {codec}, marked {sorted(set(marked))}")


main()
