#!/usr/bin/env python3
"""Who can open what (issue of authority, section 5, "Keys"): the door seals to the bus's public key and holds nothing that
opens. Its memory, its files and its keyring are searched for the private half; a keyring with one in it is refused.
What it took down is opened by the documented form, with the matcher's keyring and with no other."""
import os
import pathlib
import stat
import struct
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e"), str(SOURCE / "tests/interop")]
from intake_role import JSON, Intake, an_operator, identity, program, with_clients  # noqa: E402

with_clients()
import json  # noqa: E402
from sealed import keys_of, open_sealed  # noqa: E402

NAME = "甲乙丙"
faults = []


def check(what, holds, got=""):
    print("  %-78s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))
    if not holds:
        faults.append(what)


def lianou(intake, *args, **more):
    return subprocess.run([program(), *args], env=dict(intake.env, **more), capture_output=True, text=True, timeout=60)


def application():
    who = an_operator()
    return {"channel": "TELEPHONE", "channel_reference": "K-1", "evidence": {"call_reference": "C-1"}, "operator": who,
            "helper": who, "division_code": who["org_code"], "consent": True, "facts": {"area": "rural"},
            "members": [{"id_no": identity(17), "name": NAME, "relation": "0", "head": True}]}


def memory(pid):
    """What of a process can be written: its heaps, stacks, data."""
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            place, rights = line.split()[:2]
            begin, end = (int(x, 16) for x in place.split("-"))
            if rights.startswith("rw") and end - begin < 1 << 30:
                try:
                    mem.seek(begin)
                    yield mem.read(end - begin)
                except OSError:
                    pass


def holds(pid, secret):
    return any(secret in m or secret.hex().encode() in m for m in memory(pid))


def values(journal, key_id):
    """Sealed values in the journal: (bytes before it, the value)."""
    mark = b"\x02" + struct.pack(">I", key_id)
    at = journal.find(mark)
    while at > 2:
        low, high = journal[at - 2], journal[at - 1]  # the length, as Avro writes it
        n = ((low & 0x7f) | high << 7) >> 1 if low & 0x80 else high >> 1
        yield journal[:at], journal[at:at + n]
        at = journal.find(mark, at + 1)


def opened(journal, keys, key_id):
    """The first value that opens, with whichever event it is bound to."""
    for before, value in values(journal, key_id):
        for i in range(max(0, len(before) - 4096), len(before) - 15):
            try:
                return open_sealed(keys, "application", "personal", before[i:i + 16], value)
            except Exception:  # noqa: BLE001 (any refusal is one)
                pass
    return None


def the_door_cannot_open(intake, keys):
    own, matcher = keys_of(keys / "intake.keys"), keys_of(keys / "matcher.keys", "bus")
    check("the door's keyring has the public halves of the bus and of who mends drafts, and nothing else",
          [kind for kind, _ in own.values()] == ["x25519-public"] * 2, own.keys())
    desk = keys_of(keys / "desk.keys")
    check("the desk's has that of the bus alone", [kind for kind, _ in desk.values()] == ["x25519-public"] and desk == keys_of(keys / "desk.keys", "bus"), desk.keys())
    (key_id, (kind, secret)), = matcher.items()
    check("the matcher's has its private half", kind == "x25519-private" and key_id in own)
    intake.start()
    status, _, body = intake.ask("POST", "/v1/applications", json.dumps(application()).encode(), JSON)
    check("an application is taken", status in (200, 201, 202), (status, body))
    check("the private half is nowhere in the door's memory", not holds(intake.process.pid, secret))
    public = own[key_id][1]
    check("(the search finds what is there: the public half)", holds(intake.process.pid, public))
    files = {p: p.read_bytes() for p in (intake.work / "state").rglob("*") if p.is_file()}
    check("nor in its files, and neither is the name", not any(secret in b or NAME.encode() in b for b in files.values()))
    journal = b"".join(b for p, b in files.items() if "journal" in str(p))
    plain = opened(journal, matcher, key_id)
    check("opened with the matcher's key by the documented form alone", plain is not None and NAME.encode() in plain)
    check("and not with the door's", opened(journal, {key_id: ("x25519-private", public)}, key_id) is None)
    intake.stop()


def refused_rings(intake, keys):
    ring = keys / "intake.keys"
    was = ring.read_text()
    ring.write_text(was + "4711 bus x25519-private %s\n" % os.urandom(32).hex())
    r = lianou(intake, "run", "intake")
    check("a door with a private key ends at once and says which", r.returncode == 3 and "4711" in r.stderr and
          "private" in r.stderr, (r.returncode, r.stderr[-300:]))
    ring.write_text(was)
    ring.chmod(0o640)
    r = lianou(intake, "run", "intake")
    check("a keyring that others may read is refused", r.returncode == 3 and "chmod 600" in r.stderr, (r.returncode, r.stderr[-300:]))
    ring.chmod(0o600)
    ring.write_text("1 bus %s\n" % os.urandom(32).hex())
    intake.start()
    check("the older form is taken, and the log says what to do", "lianou keys" in intake.log(), intake.log()[-300:])
    intake.stop()
    ring.write_text(was)


def taken_over(intake, keys):
    """lianou keys init --from: what the older form sealed stays readable."""
    old, new = intake.work / "older", intake.work / "taken-over"
    old.write_text("# of 2025\n7 bus %s\n8 dispatch %s\n11 MZ %s" % tuple(os.urandom(32).hex() for _ in range(3)))
    old.chmod(0o600)
    r = lianou(intake, "keys", "init", "--from", str(old), "--to", str(new))
    check("lianou keys init --from", r.returncode == 0, r.stderr)
    kinds = {f: [k for k, _ in keys_of(new / (f + ".keys"), of).values()]
             for f, of in (("intake", None), ("MZ", "MZ"), ("dispatch", "dispatch"), ("RS", "RS"))}
    beside = {f: [k for i, k in keys_of(new / (f + ".keys")).items() if i not in keys_of(new / (f + ".keys"), f)] for f in ("MZ", "RS", "nongshang")}
    public = keys_of(new / "intake.keys", "bus")[max(keys_of(new / "intake.keys", "bus"))]
    check("a department has the bus's public half beside its own, others nothing", beside == {"MZ": [public], "RS": [public], "nongshang": []}
          and public[0] == "x25519-public", {f: [k for k, _ in v] for f, v in beside.items()})
    check("the door has none of the older", kinds["intake"] == ["x25519-public"] * 2, kinds)
    check("who opens has both, the pair last", kinds["MZ"] == ["aes-256-gcm", "x25519-private"] and
          kinds["dispatch"][:1] == ["aes-256-gcm"] and kinds["RS"] == ["x25519-private"], kinds)
    ids = [i for f in ("matcher", "intake", "MZ") for i in keys_of(new / (f + ".keys"))]
    check("new numbers are above the older", min(keys_of(new / "intake.keys")) > 11, ids)
    bus = list(keys_of(new / "matcher.keys", "bus"))
    check("the matcher reads both", bus[0] == 7 and len(bus) == 2, bus)


def files_and_words(intake, keys):
    modes = {stat.S_IMODE(f.stat().st_mode) for f in keys.iterdir()}
    check("every file is for its holder alone", modes == {0o600} and stat.S_IMODE(keys.stat().st_mode) == 0o700, modes)
    r = lianou(intake, "keys", "list")
    secrets = [k.hex() for f in keys.iterdir() for _, k in keys_of(f).values()]
    check("list shows no key", r.returncode == 0 and "x25519-private" in r.stdout and not any(s in r.stdout for s in secrets), r.stderr)
    for words, why in ((["init"], "is there already"), (["add", "MZ"], "rotate"), (["rotate", "nobody"], "partners.d")):
        r = lianou(intake, "keys", *words)
        check("keys %s is refused" % " ".join(words), r.returncode == 2 and why in r.stderr, (r.returncode, r.stderr))
    r = lianou(intake, "keys", "rotate", "bus")
    newest = [max(keys_of(keys / f, "bus")) for f in ("intake.keys", "matcher.keys", "MZ.keys", "desk.keys")]
    check("rotate gives all sides the next pair", r.returncode == 0 and len(set(newest)) == 1 < newest[0], (r.stderr, newest))
    r = lianou(intake, "keys", "rotate", "households")
    has = {f.name: [k for k, _ in keys_of(f, "households").values()] for f in keys.iterdir()}
    check("what wraps the keys of households is the matcher's alone, the next beside the first", r.returncode == 0 and
          {n: k for n, k in has.items() if k} == {"matcher.keys": ["aes-256-gcm"] * 2}, (r.stderr, has))
    (keys / "MZ.keys").unlink()
    for f in ("matcher.keys", "dispatch.keys"):
        (keys / f).write_text("".join(x for x in (keys / f).read_text().splitlines(keepends=True) if " MZ " not in x))
    r = lianou(intake, "keys", "add", "MZ")
    kinds = {of: [k for k, _ in keys_of(keys / "MZ.keys", of).values()] for of in ("MZ", "bus")} if r.returncode == 0 else r.stderr
    check("a department that comes later seals for the bus, too", kinds == {"MZ": ["x25519-private"], "bus": ["x25519-public"]}
          and max(keys_of(keys / "MZ.keys", "bus")) == newest[0], kinds)


def main():
    intake = Intake("keys")
    keys = intake.work / "keys"
    intake.env.update(LIANOU_KEYRING=str(keys))
    r = lianou(intake, "keys", "init")
    check("lianou keys init", r.returncode == 0, r.stderr)
    try:
        the_door_cannot_open(intake, keys)
        refused_rings(intake, keys)
        files_and_words(intake, keys)
        taken_over(intake, keys)
    finally:
        intake.end(not faults)
    print("%d faults" % len(faults))
    return 1 if faults else 0


sys.exit(main())
