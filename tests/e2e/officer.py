#!/usr/bin/env python3
"""bus-config/policies/README.md followed literally in an empty folder: its
commands are run, its parts are put where it says, and the screens it shows are
the ones that come. With --update the screens are written into it."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
README = SOURCE / "bus-config/policies/README.md"
FENCE = re.compile(r"^```(\w+)?(?: (\w+)=(\S+))?\n(.*?)^```\n", re.M | re.S)


def run(work, env, command):
    r = subprocess.run(["sh", "-c", command], cwd=work, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return r.stdout


def put_parts(path, text):
    """Top-level keys of the text in place of the file's."""
    parts = re.split(r"(?m)^(?=\w+:)", text)
    whole = path.read_text()
    for part in parts[1:]:
        key = part.split(":")[0]
        found = re.search(r"(?m)^%s:(?:.*\n)(?:[ #].*\n|\n)*" % key, whole)
        assert found, "no part '%s' in %s" % (key, path)
        whole = whole[:found.start()] + part.rstrip("\n") + "\n\n"[:1 + (key == "versions")] + whole[found.end():]
    path.write_text(whole)


def wrong(path, text):
    """The condition of the file becomes the text."""
    whole = path.read_text()
    found = re.search(r"condition:\n      feel: \|\n((?:        .*\n)+)", whole)
    return whole[:found.start(1)] + "".join("        %s\n" % t for t in text.splitlines()) + whole[found.end(1):]


# What each word of the dictionary changes: the version, the size and its share.
VERSION, SIZE = r"[0-9a-f]{16}", r"\d+(?= bytes| unpacked| % of)"


def as_pattern(screen):
    """A line of dots stands for any lines, a version and a size for any."""
    out = ""
    for line in screen.splitlines(keepends=True):
        parts = re.split("(%s|%s)" % (VERSION, SIZE), line)
        known = "".join((r"\d+" if p.isdigit() and len(p) < 16 else VERSION) if i % 2 else re.escape(p) for i, p in enumerate(parts))
        out += "(?:.*\\n)*?" if line.strip() == "…" else known
    return re.compile(out + r"\Z")


def cut(screen):
    """As it is shown: without the list of what is to be confirmed, which changes
    with every item."""
    return re.sub(r"(?m)(^  .*  K +\d+ .*\n)+^  in all: .*\n", "…\n", screen)


def main():
    update = "--update" in sys.argv
    program = os.environ.get("LIANOU_PROGRAM") or os.environ["LIANOU_BUILT"]
    work = pathlib.Path(tempfile.mkdtemp(prefix="lianou-officer-"))
    shutil.copytree(SOURCE / "bus-config", work / "bus-config")
    (work / "bin").mkdir()
    (work / "bin/lianou").symlink_to(pathlib.Path(program).resolve())
    env = {"PATH": "%s:/usr/bin:/bin" % (work / "bin"), "HOME": str(work)}
    text = README.read_text()
    said, screens, commands = "", 0, 0
    out, last = "", 0
    for m in FENCE.finditer(text):
        kind, how, path, body = m.groups()
        if kind == "sh":
            said = run(work, env, body)
            commands += 1
        elif kind == "yaml" and how == "in":
            put_parts(work / path, body)
        elif kind == "yaml" and how == "new":
            (work / path).write_text(body)
        elif kind == "feel" and how == "wrong":
            good = (work / path).read_text()
            (work / path).write_text(wrong(work / path, body))
            said = "".join(x + "\n" for x in run(work, env, "lianou policy check").splitlines() if ".yaml:" in x)
            (work / path).write_text(good)
        elif kind == "text":
            screens += 1
            if update:
                out += text[last:m.start(4)] + cut(said)
                last = m.end(4)
            elif not as_pattern(body).match(said):
                sys.exit("the README shows:\n%s\nwhat comes is:\n%s" % (body, said))
    if update:
        README.write_text(out + text[last:])
    shutil.rmtree(work)
    assert commands >= 4 and screens >= 8, (commands, screens)
    print("%d commands, %d screens as the README shows them" % (commands, screens))


main()
