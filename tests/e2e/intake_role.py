"""The intake role as a process, for tests that ask it over HTTP: its folder,
its keys, its configuration, what is said to it. No Kafka is needed: while it is
away an application goes to the journal and is answered 202 all the same."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests/fault"))
from brokers import free_port  # noqa: E402
JSON = {"Content-Type": "application/json"}


def with_clients(kafka=False):
    """This process again under the Python that has the test clients."""
    python = os.environ.get("LIANOU_PYTHON")
    if not python or (kafka and not os.environ.get("LIANOU_KAFKA_HOME")):
        print("SKIPPED: LIANOU_PYTHON%s is not set; ops/test brings it" % (" or LIANOU_KAFKA_HOME" if kafka else ""))
        sys.exit(77)
    if os.environ.get("LIANOU_INNER") != python:
        os.environ["LIANOU_INNER"] = python
        os.execv(python, [python] + sys.argv)


def program():
    return os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]


def an_operator():
    """A village assistant who is in office: his village is where one applies."""
    line = next(x for x in (SOURCE / "bus-config/registers/operators.csv").read_text().splitlines()
                if x.startswith("op-") and x.endswith(",") and x.split(",")[3] == "assistant")
    return {"operator_id": line.split(",")[0], "org_code": line.split(",")[2]}


def identity(order, born="19800101"):
    """A number of division 000000, which is no place."""
    body = "000000%s%03d" % (born, order)
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights)) % 11]


class Intake:
    """changes: of bus.yaml, {what stands there: what is to stand there}; ring:
    the keyring's text."""

    def __init__(self, name, changes=None, ring=None, bootstrap="127.0.0.1:1"):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="lianou-%s-" % name))
        self.port = free_port()
        keyring = self.work / "keyring"
        keyring.write_text(ring if ring is not None else "1 bus %s\n" % os.urandom(32).hex())
        (self.work / "person.key").write_text(os.urandom(32).hex() + "\n")
        for f in ("keyring", "person.key"):
            (self.work / f).chmod(0o600)
        config = self.work / "bus-config"
        shutil.copytree(SOURCE / "bus-config", config)
        text = (config / "bus.yaml").read_text()
        for was, becomes in (changes or {}).items():
            assert was in text, was
            text = text.replace(was, becomes)
        (config / "bus.yaml").write_text(text)
        self.env = dict(os.environ, LIANOU_KAFKA=bootstrap, LIANOU_KAFKA_PARTITIONS="2", LIANOU_KAFKA_REPLICATION="1",
                        LIANOU_KAFKA_MIN_INSYNC="1", LIANOU_STATE=str(self.work / "state"), LIANOU_KEYRING=str(keyring),
                        LIANOU_PERSON_KEY=str(self.work / "person.key"), LIANOU_ACCOUNTS=str(self.work / "accounts"),
                        LIANOU_CONFIG=str(config),
                        LIANOU_PORT_INTAKE=str(self.port))
        self.process = None

    def start(self, **more):
        """Up, by its own word: who answers on the port may be another test's, which took it meanwhile."""
        while not self.started(more):
            self.port = free_port()
            self.env["LIANOU_PORT_INTAKE"] = str(self.port)
        return self

    def started(self, more):
        """False: its port is somebody else's."""
        before = len(self.log()) if (self.work / "intake.log").exists() else 0
        self.process = subprocess.Popen([program(), "run", "intake"], env=dict(self.env, **more), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(self.work / "intake.log", "a"))
        while 'msg="started"' not in self.log()[before:]:
            if self.process.poll() is not None:
                if "Address already in use" in self.log()[before:]:
                    return False
                raise AssertionError("intake ended: " + self.log()[-2000:])
            time.sleep(0.05)
        while True:
            try:
                self.ask("GET", "/healthz")
                return True
            except OSError:
                if self.process.poll() is not None:
                    raise AssertionError("intake ended: " + self.log()[-2000:])
                time.sleep(0.05)

    def log(self):
        return (self.work / "intake.log").read_text()

    def stop(self, how=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def end(self, well):
        self.stop(signal.SIGKILL)
        if well:
            shutil.rmtree(self.work)
        else:
            print("kept: %s\n%s" % (self.work, self.log()[-3000:] if (self.work / "intake.log").exists() else ""))

    def ask(self, method, path, body=None, headers=None, timeout=30):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        finally:
            c.close()

    def raw(self, data, timeout=10):
        """What stands on the wire after these bytes, until it is closed."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as s:
            try:
                s.sendall(data)
                while part := s.recv(65536):
                    got += part
            except OSError:
                got += b"" if got else b"(no answer, or reset)"
        return got

    def contract(self):
        return json.loads(self.ask("GET", "/openapi.json")[2])
