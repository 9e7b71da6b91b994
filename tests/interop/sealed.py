"""Opens and seals a field with a holder's keyring file, by ops/docs/keys.md and schemas/README.md ("Sealed fields") alone:
HPKE (RFC 9180, base mode) made of X25519 and HMAC of the Python library cryptography."""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEM, SUITE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"
INFO = b"lianou sealed 2"


def keys_of(path, owner=None):
    """id -> (kind, bytes)"""
    keys = {}
    for line in open(path, encoding="ascii"):
        words = line.split()
        if not words or words[0].startswith("#") or (owner is not None and words[1] != owner):
            continue
        keys[int(words[0])] = (words[2] if len(words) == 4 else "aes-256-gcm", bytes.fromhex(words[-1]))
    return keys


def extract(suite, salt, label, ikm):
    return hmac.new(salt, b"HPKE-v1" + suite + label + ikm, hashlib.sha256).digest()


def expand(suite, prk, label, info, n):
    return hmac.new(prk, struct.pack(">H", n) + b"HPKE-v1" + suite + label + info + b"\x01", hashlib.sha256).digest()[:n]


def hpke_key(dh, enc, public, number):
    shared = expand(KEM, extract(KEM, b"", b"eae_prk", dh), b"shared_secret", enc + public, 32)
    context = b"\x00" + extract(SUITE, b"", b"psk_id_hash", b"") + extract(SUITE, b"", b"info_hash", INFO)
    schedule = extract(SUITE, shared, b"secret", b"")
    key, nonce = expand(SUITE, schedule, b"key", context, 32), expand(SUITE, schedule, b"base_nonce", context, 12)
    return key, (int.from_bytes(nonce, "big") ^ number).to_bytes(12, "big")


def raw(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def hpke_open(secret, enc, number, aad, ciphertext):
    private = X25519PrivateKey.from_private_bytes(secret)
    key, nonce = hpke_key(private.exchange(X25519PublicKey.from_public_bytes(enc)), enc, raw(private), number)
    return AESGCM(key).decrypt(nonce, ciphertext, aad)


def seal_field(keys, record, field, event_id, plain):
    """With the newest of the keys, a public half."""
    key_id = max(keys)
    kind, public = keys[key_id]
    assert kind == "x25519-public", kind
    once = X25519PrivateKey.generate()
    key, nonce = hpke_key(once.exchange(X25519PublicKey.from_public_bytes(public)), raw(once), public, 0)
    aad = record.encode() + b"\0" + field.encode() + b"\0" + event_id
    return struct.pack(">BI", 2, key_id) + raw(once) + struct.pack(">I", 0) + AESGCM(key).encrypt(nonce, plain, aad)


def open_sealed(keys, record, field, event_id, sealed):
    version, key_id = struct.unpack(">BI", sealed[:5])
    kind, key = keys[key_id]
    aad = record.encode() + b"\0" + field.encode() + b"\0" + event_id
    if version == 1 and kind == "aes-256-gcm":
        return AESGCM(key).decrypt(sealed[5:17], sealed[17:], aad)
    assert version == 2 and kind == "x25519-private", (version, kind)
    return hpke_open(key, sealed[5:37], struct.unpack(">I", sealed[37:41])[0], aad, sealed[41:])


def open_under(key, record, field, event_id, sealed):
    """Version 3: under a household's own key."""
    assert sealed[0] == 3, sealed[0]
    return AESGCM(key).decrypt(sealed[1:13], sealed[13:], record.encode() + b"\0" + field.encode() + b"\0" + event_id)
