"""A county on a day of its own. Import this before county.py: this program and all it starts (roles, commands, broker,
database) then have the same time of day, to which tests/fault/clock.c adds what stands in a file; `go` moves it."""
import os
import pathlib
import subprocess
import tempfile
import time

if "CLOCK_FILE" not in os.environ:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lianou-day-"))
    folder.chmod(0o755)  # the database's user reads it
    (folder / "offset").write_text("0")
    shim = pathlib.Path(__file__).resolve().parent.parent / "fault/clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", folder / "clock.so", shim, "-ldl"], check=True)
    os.environ.update(LD_PRELOAD=str(folder / "clock.so"), CLOCK_FILE=str(folder / "offset"))
    os.environ.pop("COUNTY_INNER", None)  # county.py starts this program once more, with the clock in it

FILE = pathlib.Path(os.environ["CLOCK_FILE"])


def step(file, seconds):
    """Whole or not at all: it is read all the time."""
    fresh = file.with_suffix(".new")
    fresh.write_text(str(seconds))
    fresh.chmod(0o644)
    fresh.rename(file)


def go(day, hour=10, minute=0, second=0, file=FILE):
    """To that moment in China (UTC+8, no summer time)."""
    wanted = int(time.mktime((day.year, day.month, day.day, hour, minute, second, 0, 0, 0)) - time.timezone) - 8 * 3600
    step(file, int(file.read_text()) + wanted - int(time.time()))
