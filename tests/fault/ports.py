#!/usr/bin/env python3
"""Ports given to eight at once are all different, are free, and are not of
those the kernel gives to connections that go out."""
import pathlib
import subprocess
import sys

from brokers import KAFKA

processes = [subprocess.Popen([sys.executable, KAFKA / "free_ports.py", "25"], stdout=subprocess.PIPE, text=True) for _ in range(8)]
ports = [int(x) for p in processes for x in p.communicate()[0].split()]
assert len(ports) == 200, len(ports)
assert len(set(ports)) == 200, sorted(p for p in ports if ports.count(p) > 1)
lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
assert max(ports) < lowest, (max(ports), lowest)
print("200 ports, none twice")
