"""What the benches of whole roles share: a configuration with topics of its own, keys, roles as processes."""
import atexit
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

SOURCE = pathlib.Path(os.environ["LIANOU_SOURCE"])
sys.path.insert(0, str(SOURCE / "ops/kafka"))
from free_ports import free_ports  # noqa: E402
PROGRAM = os.environ["LIANOU_PROGRAM"]
TICKS = os.sysconf("SC_CLK_TCK")


RUNNING = []  # whatever happens, they end with us


@atexit.register
def end_all():
    for p in RUNNING:
        if p.poll() is None:
            p.kill()
            p.wait()


def cpu_of(pid):
    """User and system seconds of a process so far."""
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class County:
    """bus-config with its own topic prefix; state and keys under work."""

    def __init__(self, work, prefix, partitions=4, keys=None, config=SOURCE / "bus-config", **more):
        self.dir = pathlib.Path(work) / prefix.strip(".")
        self.dir.mkdir(parents=True)
        self.prefix = prefix
        self.partitions = partitions
        self.config = self.dir / "bus-config"
        shutil.copytree(config, self.config)
        bus = self.config / "bus.yaml"
        bus.write_text(re.sub(r"^prefix: .*$", "prefix: " + prefix, bus.read_text(), flags=re.M))
        self.keys = keys or self.make_keys()
        self.env = dict(os.environ, LIANOU_CONFIG=str(self.config), LIANOU_KAFKA_PARTITIONS=str(partitions),
                        LIANOU_KAFKA_REPLICATION="1", LIANOU_KAFKA_MIN_INSYNC="1",
                        LIANOU_STATE=str(self.dir / "state"), **self.key_env(),
                        LIANOU_PROCESS_FROM="2100-01-01", **more)
        self.port = {}
        for role in ("INTAKE", "MATCHER", "DISPATCH", "LEDGER", "REGISTRY"):
            self.port[role.lower()] = free_ports()[0]
            self.env["LIANOU_PORT_" + role] = str(self.port[role.lower()])
        self.port["partner youzheng"] = free_ports()[0]
        self.env["LIANOU_PORT_YOUZHENG"] = str(self.port["partner youzheng"])

    def key_env(self):
        return {"LIANOU_KEYRING": str(self.keys / "keys"), "LIANOU_PERSON_KEY": str(self.keys / "person.key"),
                "LIANOU_ACCOUNTS": str(self.keys / "accounts"),
                "LIANOU_BUREAU_KEY": str(self.keys / "bureau.pem"), "LIANOU_BUREAU_PUBLIC": (self.keys / "bureau.public").read_text(),
                "LIANOU_REGISTERS": str(self.keys / "registers"), "LIANOU_SEALS": str(self.keys / "seals")}

    def make_keys(self):
        """A file of keys a holder, seals of those who decide, the county's own signature (ops/docs/keys.md, registers.md)."""
        self.keys = self.dir
        (self.dir / "bureau.public").write_text("")
        self.env = dict(os.environ, LIANOU_CONFIG=str(self.config), **self.key_env())
        del self.env["LIANOU_REGISTERS"]  # made here of the configuration's
        (self.dir / "bureau.public").write_text(self.lianou("seal", "keygen", str(self.dir / "bureau.pem")).strip())
        self.lianou("seal", "demo", "--registers", str(self.dir / "registers"), "--keys", str(self.dir / "seals"))
        self.lianou("keys", "init")
        return self.dir

    def lianou(self, *args):
        r = subprocess.run([PROGRAM, *args], env=self.env, capture_output=True, text=True)
        if r.returncode != 0:
            raise RuntimeError("lianou %s: %s" % (" ".join(args), r.stderr[-2000:]))
        return r.stdout

    def tool(self, name, *args):
        """A tool of tests/bench that prints one line of JSON."""
        out = subprocess.run([os.path.join(os.environ["LIANOU_BENCH_DIR"], name), *map(str, args)], env=self.env,
                             check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(out)

    def start(self, role, **more):
        return Role(self, role, dict(self.env, **more))


class Role:
    def __init__(self, county, role, env):
        self.county, self.role = county, role
        self.log = county.dir / (role.replace(" ", "-") + ".log")
        self.begun = time.monotonic()
        self.process = subprocess.Popen([PROGRAM, "run", *role.split()], env=env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=open(self.log, "a"))
        self.pid = self.process.pid
        RUNNING.append(self.process)

    def get(self, path):
        url = "http://127.0.0.1:%d%s" % (self.county.port[self.role], path)
        try:
            with urllib.request.urlopen(url, timeout=2) as r:
                return r.status, r.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()
        except OSError:
            return 0, ""

    def wait_ready(self, limit=60):
        while self.get("/readyz")[0] != 200:
            if self.process.poll() is not None or time.monotonic() - self.begun > limit:
                raise RuntimeError("%s is not ready:\n%s" % (self.role, self.log.read_text()[-2000:]))
            time.sleep(0.01)

    def cpu(self):
        return cpu_of(self.pid)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode
