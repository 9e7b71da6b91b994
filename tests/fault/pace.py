#!/usr/bin/env python3
"""Seconds of a machine that does nothing else.

How long something takes on a busy machine says how busy it is. A process of its
own asks again and again for a little time of a core and sees how long it takes to
get it; where that is twice as long, two seconds count as one. At most MOST do:
what waits is served sooner than what computes, and nothing is excused for ever.
"""
import pathlib
import subprocess
import sys
import threading
import time

SLICE = 0.04  # seconds of a core asked for at once: more than a scheduler gives on credit
MOST = 4
PAUSE = 0.4  # between two: it costs a tenth of a core


def ask(pause=PAUSE):
    """How many times as long as its own time of a core a little work took."""
    while True:
        begun, own = time.monotonic(), time.thread_time()
        while time.thread_time() - own < SLICE:
            pass
        print("%.3f" % min(MOST, max(1, (time.monotonic() - begun) / (time.thread_time() - own))), flush=True)
        time.sleep(pause)


class Pace:
    def __init__(self):
        self.passed, self.last, self.factor, self.lock = 0.0, time.monotonic(), 1.0, threading.Lock()
        self.asker = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).resolve()), "--ask"], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.hear, daemon=True).start()

    def hear(self):
        for line in self.asker.stdout:
            self.now(float(line))

    def now(self, factor=None):
        """Seconds since it was made, by the pace that was."""
        with self.lock:
            t = time.monotonic()
            if factor is not None:
                self.factor = factor  # of the time since the last, too: it was asked for in it
            self.passed += (t - self.last) / self.factor
            self.last = t
            return self.passed

    def close(self):
        self.asker.kill()
        self.asker.wait()


def selfcheck():
    """Alone it is a clock; beside others that take what there is, it is slower by about their number."""
    import os
    cores = len(os.sched_getaffinity(0))
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores * 4)]
    pace = Pace()
    try:
        time.sleep(1)
        begun, was = time.monotonic(), pace.now()
        time.sleep(6)
        share = (pace.now() - was) / (time.monotonic() - begun)
    finally:
        for b in busy:
            b.kill()
            b.wait()
        pace.close()
    assert share < 0.6, "beside four others a core a second counts as %.2f" % share
    assert share > 0.9 / MOST, "a second counts as %.2f" % share
    print("pace: beside four others a core, a second counts as %.2f" % share)


if __name__ == "__main__":
    ask() if "--ask" in sys.argv else selfcheck()
