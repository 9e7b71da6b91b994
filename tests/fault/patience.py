#!/usr/bin/env python3
"""Waits that end on progress.

A wait for so many seconds says how fast the machine is, not whether the program
works. These fail only after so many seconds in which nothing moved.
"""
import os
import pathlib
import signal
import time

SLOW = 3  # how much slower than ours a machine may be; a wait that holds costs nothing


class Patience:
    """moved() gives anything comparable; while it changes there is progress."""

    def __init__(self, seconds, moved, clock=time.monotonic):
        self.seconds, self.moved, self.clock = seconds * SLOW, moved, clock
        self.last, self.since = moved(), clock()

    def over(self):
        now = self.moved()
        if now != self.last:
            self.last, self.since = now, self.clock()
        return self.clock() - self.since > self.seconds


def until(holds, seconds, moved, step=0.2):
    """What holds() gave at last; None after so long without progress."""
    patience = Patience(seconds, moved)
    while True:
        got = holds()
        if got:
            return got
        if patience.over():
            return None
        time.sleep(step)


def halt(pid):
    """SIGSTOP, and back when every thread of it stands: sent is not stopped. Until one of its threads gets a core to take the signal the
    others run on, which is long enough for an answer where many wait for a core."""
    os.kill(pid, signal.SIGSTOP)

    def states():
        return [(t / "stat").read_text().rsplit(")", 1)[1].split()[0] for t in pathlib.Path("/proc/%d/task" % pid).iterdir()]

    if not until(lambda: set(states()) <= set("Tt"), 20, states, 0.002):
        raise TimeoutError("%d does not stand: %s" % (pid, states()))


def selfcheck():
    """Slow but moving is waited for; what stands still is given up."""
    now, steps = [0.0], [0]

    def clock():
        now[0] += 10
        return now[0]

    def moving():
        steps[0] += 1
        return steps[0] // 5  # every 50 s

    slow = Patience(20, moving, clock)
    assert not any(slow.over() for _ in range(1000)), "given up although it moved"
    still = Patience(20, lambda: 0, clock)
    tries = [still.over() for _ in range(10)]
    assert tries.index(True) == 6, "what stands still is waited for: %s" % tries
    child = os.fork()
    if child == 0:
        while True:
            pass
    halt(child)
    stands = pathlib.Path("/proc/%d/stat" % child).read_text().rsplit(")", 1)[1].split()
    assert stands[0] == "T", stands
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("patience: 10 000 s of slow progress waited for, %d s of none given up" % (20 * SLOW))


if __name__ == "__main__":
    selfcheck()
