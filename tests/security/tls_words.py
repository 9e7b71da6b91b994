#!/usr/bin/env python3
"""What is wrong with TLS is told as what it is: a wrong authority, a wrong name, a missing or foreign certificate, a
wrong key password, a wrong database password each in words of its own, and none as "nobody answers". The servers here
only shake hands; a whole county behind TLS is county_tls.py."""
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from authority import Authority

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
WORDS = {"authority": "vouches for", "name": "is for another name", "key": "does not open", "none": "asks for a certificate",
         "foreign": "does not take our certificate", "password": "does not take this user and password"}
faults = []


def check(what, holds, got=""):
    print("  %-66s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:500],)), flush=True)
    if not holds:
        faults.append(what)


class Server:
    """Shakes hands by TLS, says nothing of a broker; as a database it takes the start and refuses the password."""

    def __init__(self, key, cert, ca=None, database=False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        if ca:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(ca)
        self.database = database
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        try:
            if self.database:
                connection.recv(8)  # SSLRequest
                connection.sendall(b"S")
            with self.context.wrap_socket(connection, server_side=True) as c:
                if not self.database:
                    c.recv(1)
                    return
                c.recv(1024)
                c.sendall(b"R\0\0\0\x08\0\0\0\x03")  # the password, please
                c.recv(1024)
                text = b"SFATAL\0C28P01\0Mpassword authentication failed for user \"lianou\"\0\0"
                c.sendall(b"E" + (len(text) + 4).to_bytes(4, "big") + text)
        except OSError:
            pass


def told(what, word, args, env):
    r = subprocess.run([PROGRAM, *args], env=env, capture_output=True, text=True, timeout=150)
    text = r.stdout + r.stderr
    others = [k for k, w in WORDS.items() if w in text and k != word]
    away = "database is away" in text or "no broker answers" in text
    check(what, r.returncode != 0 and (word is None or WORDS[word] in text) and not others and away == (word is None),
          (r.returncode, text))


def main():
    work = pathlib.Path(tempfile.mkdtemp(prefix="lianou-tls-"))
    county, other = Authority(work / "county"), Authority(work / "other")
    key, cert = county.issue("server", "IP:127.0.0.1,DNS:127.0.0.1")
    own_key, own_cert = county.issue("client", "DNS:client", password="a key's password")
    foreign_key, foreign_cert = other.issue("client", "DNS:client")
    base = dict(os.environ, LIANOU_CONFIG=str(SOURCE / "bus-config"), LIANOU_STATE=str(work / "state"), LIANOU_KAFKA_SECURITY="ssl",
                LIANOU_KAFKA_CA=str(county.ca), LIANOU_BUREAU_PUBLIC="")
    own = dict(LIANOU_KAFKA_CERT=str(own_cert), LIANOU_KAFKA_KEY=str(own_key), LIANOU_KAFKA_KEY_PASSWORD="a key's password")
    broker, asking = Server(key, cert).port, Server(key, cert, county.ca).port
    plan = ("topics", "plan")
    trials = [("Kafka: " + what, word, plan, dict(base, LIANOU_KAFKA="%s:%d" % (host, port), **more)) for what, word, host, port, more in (
        ("all is right, but that is no broker", None, "127.0.0.1", asking, own),
        ("a wrong authority", "authority", "127.0.0.1", broker, dict(LIANOU_KAFKA_CA=str(other.ca))),
        ("a wrong name", "name", "localhost", broker, {}),
        ("a wrong key password", "key", "127.0.0.1", asking, dict(own, LIANOU_KAFKA_KEY_PASSWORD="wrong")),
        ("no certificate where one is asked for", "none", "127.0.0.1", asking, {}),
        ("another authority's certificate", "foreign", "127.0.0.1", asking,
         dict(LIANOU_KAFKA_CERT=str(foreign_cert), LIANOU_KAFKA_KEY=str(foreign_key))))]
    database = Server(key, cert, database=True).port

    def conninfo(host="127.0.0.1", root=county.ca):
        return "host=%s hostaddr=127.0.0.1 port=%d sslmode=verify-full sslrootcert=%s user=lianou password=secret-7 dbname=x" % (
            host, database, root)
    trials += [("PostgreSQL: " + what, word, ("db", "migrate"), dict(base, LIANOU_DB=info)) for what, word, info in (
        ("a wrong authority", "authority", conninfo(root=other.ca)),
        ("a wrong name", "name", conninfo(host="elsewhere.invalid")),
        ("a wrong password", "password", conninfo()),
        ("nobody there", None, "host=127.0.0.1 port=1 user=lianou dbname=x"))]
    threads = [threading.Thread(target=told, args=t) for t in trials]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    subprocess.run(["rm", "-rf", str(work)], check=False)
    print("%d faults" % len(faults))
    sys.exit(bool(faults))


main()
