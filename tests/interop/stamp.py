#!/usr/bin/env python3
"""A seal of GB/T 38540-2020 by `lianou stamp`: certificates from the openssl command, validated by ofdrw (Maven, Java) and the
raw signatures by GmSSL (gmssl-pyx); every change is refused by us, and by ofdrw where ofdrw is asked."""
import os
import pathlib
import random
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/e2e"))
from intake_role import program, with_clients  # noqa: E402

with_clients()
import gmssl_pyx  # noqa: E402

NAME = "测试县民政局"
JARS = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "lianou/ofdrw-2.3.6"
work = pathlib.Path(tempfile.mkdtemp(prefix="lianou-stamp-"))
faults = []


def check(what, holds, got=""):
    print("  %-72s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))
    if not holds:
        faults.append(what)


def lianou(*args):
    return subprocess.run([program(), *args], cwd=work, capture_output=True, text=True, timeout=60)


def ofdrw(signature, document):
    return subprocess.run(["java", "-cp", str(JARS / "*"), SOURCE / "tests/interop/ofdrw/Stamp.java", signature, document], cwd=work,
                          capture_output=True, text=True, timeout=300)


def bring_ofdrw():
    if not (JARS / ".complete").exists():
        JARS.mkdir(parents=True, exist_ok=True)
        r = subprocess.run(["mvn", "-q", "-B", "-f", SOURCE / "tests/interop/ofdrw/pom.xml", "dependency:copy-dependencies",
                            "-DoutputDirectory=%s" % JARS], capture_output=True, text=True)
        if r.returncode != 0:
            print("SKIPPED: Maven could not bring ofdrw: " + r.stdout[-300:])
            sys.exit(77)
        (JARS / ".complete").touch()


def tlv(der, at):
    """(tag, where the value begins, where it ends)"""
    n, begin = der[at + 1], at + 2
    if n & 0x80:
        begin += n & 0x7f
        n = int.from_bytes(der[at + 2:begin], "big")
    return der[at], begin, begin + n


def parts(der, at=0):
    """The elements of the sequence that begins there, whole."""
    _, at, end = tlv(der, at)
    found = []
    while at < end:
        _, _, next_at = tlv(der, at)
        found.append(der[at:next_at])
        at = next_at
    return found


def value(element):
    _, begin, end = tlv(element, 0)
    return element[begin:end]


def gmssl(public_hex, text, signature):
    try:
        return bool(gmssl_pyx.sm2_verify(gmssl_pyx.normalize_sm2_public_key(public_hex), text, signature))
    except gmssl_pyx.GmsslInnerError:
        return False


def keys():
    public = {}
    for who in ("maker", "signer", "other"):
        public[who] = lianou("seal", "keygen", who + ".pem").stdout.strip()
        subprocess.run(["openssl", "req", "-x509", "-new", "-key", who + ".pem", "-sm3", "-sigopt", "distid:1234567812345678", "-subj",
                        "/C=CN/O=test/CN=" + who, "-days", "30", "-out", who + ".crt"], cwd=work, check=True, capture_output=True)
    return public


def make(out, **more):
    o = {"key": "maker.pem", "cert": "maker.crt", "signer": "signer.crt", "id": "seal-MZ", "name": NAME, "picture": "seal.png", **more}
    return lianou("stamp", "make", "--out", out, *[x for k, v in o.items() for x in ("--" + k, v)])


def sign(out, document="document", **more):
    o = {"key": "signer.pem", "cert": "signer.crt", "seal": "seal.esl", **more}
    return lianou("stamp", "sign", "--out", out, *[x for k, v in o.items() for x in ("--" + k, v)], document)


def verify(maker, signature="signature", document="document"):
    return lianou("stamp", "verify", "--maker", maker, "--signature", signature, document)


def what_is_good(public):
    r = make("seal.esl")
    check("a seal is made", r.returncode == 0, r.stderr)
    r = sign("signature")
    check("a document is sealed", r.returncode == 0, r.stderr)
    r = verify(public["maker"])
    check("verified: seal, name, whose key", r.returncode == 0 and "seal-MZ " + NAME in r.stdout and public["signer"] in r.stdout,
          r.stdout + r.stderr)
    r = ofdrw("signature", "document")
    check("ofdrw finds version 4, the same bytes written again, both signatures", r.returncode == 0 and NAME in r.stdout, r.stderr)
    whole = (work / "signature").read_bytes()
    tbs, _, _, bits = parts(whole)[:4]
    check("GmSSL: the document's signature", gmssl(public["signer"], tbs, value(bits)[1:]))
    info, _, _, seal_bits = parts(parts(tbs)[1])[:4]
    check("GmSSL: the seal's", gmssl(public["maker"], info, value(seal_bits)[1:]))
    check("and not the other way round", not gmssl(public["maker"], tbs, value(bits)[1:]))
    return whole


def as_decisions_are(document="document"):
    """Keys, certificates and seals as the demo's departments have them beside each other."""
    r = lianou("seal", "demo", "--registers", "registers", "--keys", "seals", "--stamps", "--config", str(SOURCE / "bus-config"))
    check("a register whose seals have a maker", r.returncode == 0, r.stderr)
    row = next(x for x in (work / "registers/seals.csv").read_text().splitlines() if x.startswith("seal-MZ,")).split(",")
    at = "seals/seal-MZ"
    r = sign("decided", document, key=at + ".key", cert=at + ".crt", seal=at + ".esl")
    r = verify(row[-1], "decided", document) if r.returncode == 0 else r
    check("its seal, by the register's maker and key", r.returncode == 0 and "seal-MZ" in r.stdout and row[3] in r.stdout, r.stdout + r.stderr)
    r = ofdrw("decided", document)
    check("ofdrw takes it", r.returncode == 0, r.stderr)


def what_is_not(public, whole):
    (work / "changed").write_bytes((work / "document").read_bytes() + b" ")
    for what, r, why in (
            ("another maker's seal", verify(public["other"]), "another maker"),
            ("another document", verify(public["maker"], document="changed"), "not the one"),
            ("no such structure", verify(public["maker"], signature="document"), "GB/T 38540"),
            ("a certificate of another key, sealing", sign("x1", cert="other.crt"), "another key"),
            ("a certificate of another key, making", make("x2", cert="other.crt"), "another key"),
            ("a seal's id that is no ASCII", make("x3", id="印"), "ASCII"),
            ("something else as a seal", sign("x4", seal="document"), "no seal")):
        check(what + " is refused", r.returncode in (1, 2) and why in r.stderr, (r.returncode, r.stderr))
    r = sign("by-other", key="other.pem", cert="other.crt")
    check("one for whom the seal was not made", r.returncode == 0 and "none of those" in verify(public["maker"], "by-other").stderr)
    check("ofdrw on another document", ofdrw("signature", "changed").returncode != 0)


def every_change(public, whole, times):
    random.seed(7)
    passed = []
    for at in random.sample(range(len(whole)), times):
        bad = bytearray(whole)
        bad[at] ^= 1 << random.randrange(8)
        (work / "bad").write_bytes(bad)
        r = verify(public["maker"], "bad")
        if r.returncode != 1:
            passed.append((at, r.returncode))
    check("%d changes of one bit, each refused" % times, not passed, passed)
    for n in (0, 1, len(whole) // 2, len(whole) - 1):
        (work / "bad").write_bytes(whole[:n])
        check("cut at %d" % n, verify(public["maker"], "bad").returncode == 1)
    (work / "bad").write_bytes(whole + b"\0")
    check("a byte more", verify(public["maker"], "bad").returncode == 1)


def main():
    bring_ofdrw()
    (work / "document").write_bytes("一份决定\n".encode() * 9)
    (work / "seal.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    public = keys()
    whole = what_is_good(public)
    as_decisions_are()
    what_is_not(public, whole)
    every_change(public, whole, 120)
    print("%d faults" % len(faults))
    return 1 if faults else 0


sys.exit(main())
