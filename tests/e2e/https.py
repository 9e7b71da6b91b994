#!/usr/bin/env python3
"""HTTPS at the door: what answers has the certificate of the files; a new one is
taken up while connections stand; one that cannot be used changes nothing and is
said; plain HTTP is answered nothing; the cookie is Secure."""
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import warnings

import intake_role
from intake_role import JSON, Intake, an_operator, identity

intake_role.with_clients()
faults = []


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
    print("  %-62s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:200],)))


class Https(Intake):
    """The same role, asked over TLS."""

    def connection(self, timeout=30, trust=None):
        context = ssl.create_default_context(cafile=trust or str(self.work / "cert.pem"))
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=context)

    def ask(self, method, path, body=None, headers=None, timeout=30, trust=None):
        c = self.connection(timeout, trust)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        finally:
            c.close()

    def certificate(self, name, into=None):
        """A pair of its own; put in place as an operator would: the key first, each by a rename."""
        for kind in ("cert", "key"):
            (self.work / ("%s.%s.pem" % (name, kind))).unlink(missing_ok=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:localhost", "-keyout", self.work / (name + ".key.pem"),
                        "-out", self.work / (name + ".cert.pem")], check=True, capture_output=True)
        if into:
            for kind in ("key", "cert"):
                (self.work / ("%s.%s.pem" % (name, kind))).replace(self.work / (kind + ".pem"))
        (self.work / "key.pem").chmod(0o600)

    def shown(self):
        """The name in the certificate of a new connection."""
        der = ssl.get_server_certificate(("127.0.0.1", self.port))
        r = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=der, capture_output=True, text=True, check=True)
        return r.stdout.strip().split("=")[-1].strip()


def until(holds, seconds=30):
    for _ in range(seconds * 5):
        try:
            if holds():
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


def main():
    intake = Https("https", {})
    intake.env.update(LIANOU_HTTP_CERT=str(intake.work / "cert.pem"), LIANOU_HTTP_KEY=str(intake.work / "key.pem"))
    intake.certificate("first", into=True)
    try:
        intake.start()
        check("HTTPS answers with the certificate of the file", intake.shown() == "first", intake.shown())
        op = an_operator()
        form = {"channel": "SPOKEN", "channel_reference": "tls-1", "evidence": {"read_back": "本人"}, "operator": op,
                "division_code": op["org_code"], "consent": True,
                "members": [{"id_no": identity(1), "name": "甲", "relation": "0", "head": True}]}
        s, h, b = intake.ask("POST", "/v1/sessions", b"{}", JSON)
        check("the doors are the same ones", s == 400 and json.loads(b)["detail_zh"], (s, b))
        s, _, b = intake.ask("POST", "/v1/applications", json.dumps(form).encode(), JSON)
        check("an application is taken", s == 202, (s, b))
        with socket.create_connection(("127.0.0.1", intake.port), 10) as c:
            c.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try:
                got = c.recv(65536)
            except OSError:
                got = b""
        check("plain HTTP is answered nothing", b"HTTP/1" not in got, got)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        try:
            warnings.simplefilter("ignore", DeprecationWarning)
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            with socket.create_connection(("127.0.0.1", intake.port), 10) as c, old.wrap_socket(c):
                check("TLS 1.1 is refused", False)
        except (ssl.SSLError, OSError, ValueError):
            check("TLS 1.1 is refused", True)
        stands = intake.connection()
        stands.request("GET", "/healthz")
        stands.getresponse().read()
        intake.certificate("second", into=True)
        check("a new certificate is taken up", until(lambda: intake.shown() == "second"), intake.shown())
        stands.request("GET", "/healthz")
        check("a connection that stood goes on", stands.getresponse().status == 200)
        intake.certificate("third")
        (intake.work / "third.cert.pem").replace(intake.work / "cert.pem")
        check("one that is another key's is said", until(lambda: "condition lost" in intake.log() and "is not the key of" in intake.log()),
              intake.log()[-500:])
        check("and the one before stays", intake.shown() == "second", intake.shown())
        (intake.work / "third.key.pem").replace(intake.work / "key.pem")
        check("with its key it is taken up", until(lambda: intake.shown() == "third"), intake.shown())
        (intake.work / "key.pem").chmod(0o644)
        os.utime(intake.work / "key.pem")
        check("a key that others may read is said", until(lambda: "others may read it" in intake.log()), intake.log()[-500:])
        intake.stop()
        r = subprocess.run([intake_role.program(), "run", "intake"], env=intake.env, capture_output=True, text=True, timeout=60)
        check("and nothing starts with it; it ends by itself", r.returncode != 0 and "chmod 600" in r.stderr, (r.returncode, r.stderr[-300:]))
    finally:
        intake.end(not faults)
    print("%d faults" % len(faults))
    sys.exit(bool(faults))


main()
