#!/usr/bin/env python3
"""fastavro against bus/wire: 10 000 random (schema, value) pairs, byte for byte,
and 2 000 random (writer, reader) pairs by value."""
import copy
import io
import json
import os
import random
import subprocess
import sys

PYTHON = os.environ.get("LIANOU_PYTHON")
if not PYTHON:
    print("SKIPPED: LIANOU_PYTHON is not set; ops/test brings it")
    sys.exit(77)
if os.environ.get("WIRE_INNER") is None:
    os.environ["WIRE_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
import fastavro  # noqa: E402

SEED = int(os.environ.get("WIRE_SEED", "20201107"))
R = random.Random(SEED)
PRIMITIVES = ["boolean", "int", "long", "float", "double", "bytes", "string"]
WIDER = {"int": ["long", "float", "double"], "long": ["float", "double"],
         "float": ["double"], "string": ["bytes"], "bytes": ["string"]}


class Names:
    def __init__(self):
        self.n = 0

    def __call__(self, stem):
        self.n += 1
        return f"{stem}{self.n}"


def schema(names, depth):
    pick = R.random()
    if depth == 0 or pick < 0.5:
        return R.choice(PRIMITIVES)
    if pick < 0.58:
        return {"type": "enum", "name": names("E"), "symbols": [f"S{i}" for i in range(R.randint(1, 5))]}
    if pick < 0.64:
        return {"type": "fixed", "name": names("F"), "size": R.randint(1, 17)}
    if pick < 0.72:
        return {"type": "array", "items": schema(names, depth - 1)}
    if pick < 0.78:
        return {"type": "map", "values": schema(names, depth - 1)}
    if pick < 0.9:
        return R.sample([["null", schema(names, 0)], [schema(names, 0), "null"],
                         ["null", "string", "double", "boolean"], ["long", "string"]], 1)[0]
    return record(names, depth - 1)


def record(names, depth):
    return {"type": "record", "name": names("R"), "fields": [
        {"name": names("f"), "type": schema(names, depth)} for _ in range(R.randint(0 if depth < 3 else 1, 5))]}


def value(s, small):
    if isinstance(s, list):
        return value(R.choice(s), small)
    kind = s if isinstance(s, str) else s["type"]
    bits = 20 if small else {"int": 31, "long": 63}.get(kind, 0)
    if kind in ("int", "long"):
        bits = R.randint(0, bits)
        return R.randint(-(1 << bits), (1 << bits) - 1)
    return {
        "null": lambda: None,
        "boolean": lambda: R.random() < 0.5,
        "float": lambda: R.randint(-1 << 20, 1 << 20) / 16,
        "double": lambda: R.uniform(-1e9, 1e9),
        "bytes": lambda: bytes(R.choices(range(128 if small else 256), k=R.randint(0, 9))),
        "string": lambda: "".join(R.choices("a莲藕é\U0001f600\x00z", k=R.randint(0, 9))),
        "enum": lambda: R.choice(s["symbols"]),
        "fixed": lambda: R.randbytes(s["size"]),
        "array": lambda: [value(s["items"], small) for _ in range(R.randint(0, 4))],
        "map": lambda: {f"k{i}": value(s["values"], small) for i in range(R.randint(0, 3))},
        "record": lambda: {f["name"]: value(f["type"], small) for f in s["fields"]},
    }[kind]()


def default_of(s):
    return {"boolean": True, "int": -7, "long": 1 << 40, "float": 1.5, "double": -2.25,
            "bytes": "\u00ff\u0001", "string": "莲"}[s]


def evolve(s, root=False):
    """A reader of what s writes; now and then one that cannot read it. A field
    without default is added at the root alone: we refuse such a pair when it is
    compiled, fastavro when it meets a value."""
    if isinstance(s, str):
        pick = R.random()
        if pick < 0.2 and s in WIDER:
            return R.choice(WIDER[s])
        if pick < 0.3:
            return ["null", s]
        return "boolean" if pick < 0.31 else s
    if isinstance(s, list):
        return s if R.random() < 0.8 else s + ["bytes"] if "bytes" not in s and "string" not in s else s
    s = copy.copy(s)
    if s["type"] == "array":
        s["items"] = evolve(s["items"])
    elif s["type"] == "map":
        s["values"] = evolve(s["values"])
    elif s["type"] == "enum" and R.random() < 0.5:
        s["symbols"] = R.sample(s["symbols"], R.randint(1, len(s["symbols"]))) + ["NEW"]
        if R.random() < 0.7:
            s["default"] = "NEW"
    elif s["type"] == "record":
        fields = [dict(f, type=evolve(f["type"])) for f in s["fields"] if R.random() < 0.85]
        for f in fields:
            if R.random() < 0.15:
                f["aliases"], f["name"] = [f["name"]], "new_" + f["name"]
        for i in range(R.randint(0, 2)):
            t = R.choice(PRIMITIVES)
            f = {"name": f"added{i}", "type": t}
            if not root or R.random() < 0.95:
                f["default"] = default_of(t)
            fields.append(f)
        R.shuffle(fields)
        s["fields"] = fields
    return s


def encode(s, v):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, s, v)
    return out.getvalue()


def same_value(ours, theirs):
    if isinstance(ours, bytes) and isinstance(theirs, str):
        # fastavro leaves a bytes default as its JSON text; the specification
        # says code points 0-255 are the bytes.
        return ours == theirs.encode("latin-1")
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same_value(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same_value, ours, theirs))
    return ours == theirs


def main():
    cases = []
    for i in range(12000):
        writer = record(Names(), 3)
        same = i < 10000
        reader = writer if same else evolve(writer, True)
        parsed = fastavro.parse_schema(copy.deepcopy(writer))
        data = encode(parsed, value(writer, not same))
        cases.append((writer, reader, data, same))
    answers = []
    for at in range(0, len(cases), 1000):  # a process keeps every type it compiled
        lines = "".join(f"{json.dumps(w)}\t{json.dumps(r)}\t{d.hex()}\n" for w, r, d, _ in cases[at:at + 1000])
        done = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, timeout=240)
        answers += done.stdout.splitlines()
        if done.returncode != 0 or len(answers) != min(at + 1000, len(cases)):
            print(f"seed {SEED}: exit {done.returncode}, {len(answers)} answers\n{done.stderr[-2000:]}")
            return 1
    bad, refused = 0, 0
    for (w, r, data, same), answer in zip(cases, answers):
        word, _, rest = answer.partition(" ")
        ours = bytes.fromhex(rest) if word == "ok" else None
        if same:
            good, want = ours == data, data.hex()
        else:
            rs = fastavro.parse_schema(copy.deepcopy(r))
            ws = fastavro.parse_schema(copy.deepcopy(w))
            try:
                want = fastavro.schemaless_reader(io.BytesIO(data), ws, rs)
                failed = False
            except Exception as e:  # its resolution raises many kinds
                want, failed = repr(e), True
            refused += failed
            good = failed == (ours is None) and (failed or same_value(
                fastavro.schemaless_reader(io.BytesIO(ours), rs, None), want))
        if not good:
            bad += 1
            if bad <= 3:
                print(f"writer {json.dumps(w)}\nreader {json.dumps(r)}\nbytes {data.hex()}\nours {answer}\ntheirs {want}\n")
    print(f"seed {SEED}: {len(cases)} pairs, {refused} refused by both sides, {bad} differ")
    return 1 if bad else 0


sys.exit(main())
