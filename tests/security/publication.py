"""Publications as anybody's program can make and check them: the archive, the
signed text (ops/docs/registers.md), and the signature by an implementation that
is not ours."""
import datetime
import gzip
import hashlib
import io
import struct
import tarfile

import fastavro
import gmssl_pyx

KINDS = {"catalogue": 104, "register": 105}  # lianou.id of their schemas


def text(kind, county, version, effective, published, archive):
    return ("lianou publication 1\nkind %s\ncounty %s\nversion %s\neffective %s\npublished %d\narchive %s\n" % (
        kind, county, version, effective, published, hashlib.new("sm3", archive).hexdigest())).encode()


def text_of(kind, county, record):
    """The signed text of an event as fastavro reads it."""
    at = record["published_at"]
    if isinstance(at, datetime.datetime):
        at = round(at.timestamp() * 1000)
    effective = record.get("effective_from")
    if effective is None:  # a register: the day in China on which it was published
        effective = datetime.datetime.fromtimestamp(at / 1000, datetime.timezone(datetime.timedelta(hours=8))).date()
    elif isinstance(effective, int):
        effective = datetime.date(1970, 1, 1) + datetime.timedelta(effective)
    return text(kind, county, record["version"], effective, at, record["archive"])


def verifies(public_hex, signed, signature):
    """GmSSL's word on an SM2 signature with SM3, id 1234567812345678."""
    point = gmssl_pyx.normalize_sm2_public_key(public_hex)
    try:
        return bool(gmssl_pyx.sm2_verify(point, signed, signature))
    except gmssl_pyx.GmsslInnerError:
        return False


def framed(schemas, kind, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schemas[KINDS[kind]][1], record)
    return struct.pack(">bI", 0, KINDS[kind]) + out.getvalue()


def pack(kind, county, version, files):
    """An archive as ours: ustar, a manifest with each file's SM3, gzip around it."""
    lines = ["lianou %s 1" % kind, "county " + county, "%s %s" % (kind, version)]
    lines += ["file %s %d %s" % (hashlib.new("sm3", b).hexdigest(), len(b), n) for n, b in sorted(files.items())]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, body in [("MANIFEST", ("\n".join(lines) + "\n").encode())] + sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return gzip.compress(out.getvalue(), mtime=0)
