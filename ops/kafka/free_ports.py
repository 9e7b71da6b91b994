#!/usr/bin/env python3
"""free_ports.py [N]: N ports of this machine nobody uses, for a test's brokers and roles.

Below those the kernel hands to outgoing connections, and none given twice
until all have been: a port that was only looked at is gone by the time a
program listens on it, as soon as enough else runs beside. What was given is
counted in a file of the user's, under a lock.
"""
import fcntl
import os
import pathlib
import socket
import sys
import tempfile

FIRST, LAST = 15000, 31999


def nobody_listens(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(wanted=1):
    given = []
    with open(pathlib.Path(tempfile.gettempdir()) / ("lianou-ports.%d" % os.getuid()), "a+", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.seek(0)
        at = int(f.read() or FIRST)
        for _ in range(LAST - FIRST + 1):
            if len(given) == wanted:
                break
            if nobody_listens(at):
                given.append(at)
            at = at + 1 if at < LAST else FIRST
        f.truncate(0)
        f.write(str(at))
    if len(given) < wanted:
        raise SystemExit("free_ports: %d to %d are all in use" % (FIRST, LAST))
    return given


if __name__ == "__main__":
    print(*free_ports(*map(int, sys.argv[1:])))
