"""Brokers for tests: started and stopped, with what they said when they do not start."""
import os
import pathlib
import subprocess
import sys

KAFKA = pathlib.Path(__file__).resolve().parent.parent.parent / "ops/kafka"
sys.path.insert(0, str(KAFKA))
from free_ports import free_ports  # noqa: E402


def free_port():
    return free_ports()[0]


def start_brokers(home, count=1, **environment):
    """host:port of each, comma separated."""
    r = subprocess.run([KAFKA / "start", home, str(count)], env=dict(os.environ, **environment), capture_output=True, text=True)
    if r.returncode != 0:
        raise RuntimeError("no brokers in %s:\n%s" % (home, r.stderr))
    return r.stdout.strip()
