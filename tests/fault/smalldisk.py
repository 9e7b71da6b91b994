"""A folder on a disk of its own that can be filled: a tmpfs where we may mount
one; else (not root) the processes are told by RLIMIT_FSIZE that no file may
grow any more, which comes as EFBIG instead of ENOSPC.

FAULT_NO_MOUNT=1 takes the second way also for root.
"""
import os
import pathlib
import resource
import shutil
import subprocess

MB = 1024 * 1024
SMALL = 64  # bytes: what exists may be written anew (a mark), nothing may grow


class SmallDisk:
    def __init__(self, folder, mb=64):
        self.folder = pathlib.Path(folder)
        self.filler = self.folder / "filler"
        self.pids = []
        aside = self.folder.with_name(self.folder.name + ".aside")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.rename(aside)
        self.folder.mkdir()
        self.mounted = os.environ.get("FAULT_NO_MOUNT") != "1" and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=%dm,mode=755" % mb, "lianou-test", self.folder],
            capture_output=True).returncode == 0
        self.move(aside)

    def move(self, source):
        subprocess.run(["cp", "-a", "--sparse=always", str(source) + "/.", self.folder], check=True)
        shutil.rmtree(source)

    def says(self, text):
        return ("No space left on device" if self.mounted else "File too large") in text

    def fill(self, *processes):
        """Full; without a mount, for those processes."""
        if self.mounted:
            with open(self.filler, "ab", buffering=0) as f:
                for piece in (MB, 4096):
                    try:
                        while True:
                            f.write(b"\1" * piece)
                    except OSError:
                        pass
            return
        for p in processes:
            self.also(p)

    def also(self, process):
        """One that was started meanwhile; it has not come to writing yet."""
        if not self.mounted and process.pid not in self.pids:
            self.pids.append(process.pid)
            self.limit(process.pid, SMALL)

    def free(self):
        if self.mounted:
            self.filler.unlink()
            return
        for pid in self.pids:
            self.limit(pid, resource.RLIM_INFINITY)
        self.pids = []

    @staticmethod
    def limit(pid, soft):
        try:
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
        except ProcessLookupError:
            pass

    def close(self):
        """What is in the folder stays there; nobody may have it open."""
        if not self.mounted:
            return
        aside = self.folder.with_name(self.folder.name + ".aside")
        subprocess.run(["cp", "-a", "--sparse=always", self.folder, aside], check=True)
        subprocess.run(["umount", self.folder], check=True)
        self.mounted = False
        self.move(aside)

    def abandon(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=False)
            self.mounted = False
