#!/usr/bin/env python3
"""Reads the table of ids in ops/docs/events.md as a partner's programmer would,
derives each id over sample parts, and holds it against what the program makes
of the same and against ids.txt, what ids were when they were first given out.

  ids.py PROGRAM          compares
  ids.py PROGRAM --plant  changes the page in ways that must be noticed"""
import hashlib
import hmac
import pathlib
import re
import struct
import subprocess
import sys
import uuid

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[2] / "ops/docs/events.md"
KEY = b"county key"
SAMPLES = {
    "id": lambda k: bytes(16 * (k + 1) + i for i in range(16)),
    "text": lambda k: ("一", "part-1", "", "第三-part-3", "part-4")[k].encode(),
    "i32": lambda k: struct.pack(">i", (-1 if k % 2 == 0 else 1) * (0x01020304 + k)),
    "i64": lambda k: struct.pack(">q", (-1 if k % 2 == 0 else 1) * (0x0102030405060708 + k)),
    "u8": lambda k: b"\x07",
}


def as_uuid8(digest):
    b = bytearray(digest[:16])
    b[6] = b[6] & 0x0F | 0x80
    b[8] = b[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(b)))


def part(k, text):
    """`"literal"` or `what it is: type`."""
    literal = re.fullmatch(r'"(\w+)"', text)
    return literal[1].encode() if literal else SAMPLES[text.rsplit(": ", 1)[1]](k)


def derived(label, parts):
    h = hashlib.sha256(label.encode() + b"\0")
    for k, text in enumerate(parts):
        p = part(k, text)
        h.update(struct.pack(">I", len(p)) + p)
    return as_uuid8(h.digest())


def keyed(parts):
    """Literal zero bytes stand between the parts where the page has `0`."""
    message, k = b"", 0
    for text in parts:
        if text == "0":
            message += b"\0"
        else:
            message += part(k, text)
            k += not text.startswith('"')
    return as_uuid8(hmac.new(KEY, message, hashlib.sha256).digest())


def from_page(page):
    ids = {}
    for name, how, inner in re.findall(r"(?m)^\| ([^|]+) \| `(derived|keyed)\((.*)\)` \|", page):
        head, _, rest = inner.partition("; ") if how == "derived" else ("", "", inner)
        parts = [p.strip() for p in rest.split(", ")] if rest else []
        ids[name] = derived(head, parts) if how == "derived" else keyed(parts)
    return ids


def faults(page, program, golden):
    told = from_page(page)
    for name in sorted(set(told) | set(program) | set(golden)):
        if len({told.get(name), program.get(name), golden.get(name)}) != 1:
            yield "%s: the page says %s, the program %s, ids.txt %s" % (
                name, told.get(name), program.get(name), golden.get(name))


def lines(text):
    return dict(line.rsplit(" ", 1) for line in text.splitlines())


program = lines(subprocess.run([sys.argv[1]], capture_output=True, text=True, check=True).stdout)
golden = lines((HERE / "ids.txt").read_text())
page = PAGE.read_text()
if "--plant" in sys.argv:
    plants = (("case number: i32", "case number: i64"), ("derived(case;", "derived(cases;"),
              ("record: text, about: id", "about: id, record: text"), ("| catalogue |", "| katalogue |"))
    missed = [a for a, b in plants if a not in page or not list(faults(page.replace(a, b), program, golden))]
    missed += [] if list(faults(page, dict(program, case=program["draft"]), golden)) else ["a changed program"]
    print("\n".join("not noticed: " + m for m in missed) or "each plant is noticed")
    sys.exit(bool(missed))
found = list(faults(page, program, golden))
print("\n".join(found) or "%d ids are as the page says" % len(golden))
sys.exit(bool(found))
