#!/usr/bin/env python3
"""Each transport has a partner in the demo's county, and the tables of both READMEs say which, and on which page it is
told: bus-config/partners.d with ops/cli/demo/ways in its place. --plant changes one side, and each must be missed."""
import pathlib
import re
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
TABLES = {"README.md": "The way of a case", "README.zh.md": "个案的路径"}


def words(keys):
    """What KEYS.md allows; http goes two ways."""
    allowed = re.search(r"(?m)^\| `transport` \| word \| `kafka` \| ([^|\\]+(?:\\\| [^|\\]+)*)\|", keys).group(1)
    return {w.strip() for w in allowed.split("\\|")} | {"http push"}


def way(text):
    word = re.search(r"(?m)^transport: (\w+)", text).group(1)
    return word + (" push" if re.search(r"(?m)^push:", text) else "")


def county(base, ways):
    """By code: how it connects while the demo runs."""
    return {code: way(ways[code]) if code in ways and way(text) == "kafka" else way(text) for code, text in base.items()}


def rows(readme, end):
    """By transport: the codes of its row, and the heading that its page has."""
    table = readme[:readme.index("## " + end)].rsplit("\n## ", 1)[1]
    return [(w, set(re.findall(r"`([^`]+)`", who)), page.strip()) for w, who, page in re.findall(r"(?m)^\| `([^`]+)` \|[^|]*\|([^|]*)\|([^|]*)\|$", table)]


def faults(readmes, keys, base, ways, pages):
    real = county(base, ways)
    headings = {part for h in re.findall(r"(?m)^## (.*)$", pages) for part in h.split(" / ")}
    for code in set(ways) - set(base):
        yield "ops/cli/demo/ways/%s.yaml: nobody in partners.d" % code
    for name, readme in readmes.items():
        said = rows(readme, TABLES[name])
        for word in words(keys) ^ {w for w, _, _ in said}:
            yield "%s: `%s` has a row or is a transport, not both" % (name, word)
        for word, codes, page in said:
            there = {c for c, w in real.items() if w == word}
            if not there:
                yield "%s: nobody in the demo's county has `%s`" % (name, word)
            if not codes or (codes - there if word == "kafka" else codes ^ there):
                yield "%s: `%s` is of %s, not of %s" % (name, word, sorted(there), sorted(codes))
            if page not in headings:
                yield "%s: ops/docs/partners.md has no part '%s'" % (name, page)


def read(folder):
    return {p.stem: p.read_text() for p in (SOURCE / folder).glob("*.yaml")}


readmes = {name: (SOURCE / name).read_text() for name in TABLES}
keys, pages = (SOURCE / "bus-config/KEYS.md").read_text(), (SOURCE / "ops/docs/partners.md").read_text()
base, ways = read("bus-config/partners.d"), read("ops/cli/demo/ways")
found = list(faults(readmes, keys, base, ways, pages))
if "--plant" in sys.argv:
    fewer = {c: t for c, t in ways.items() if c != "CL"}

    def told(old, new):
        return {n: t.replace(old, new) for n, t in readmes.items()}
    planted = [(readmes, keys, base, fewer, pages), (readmes, keys, base, {**fewer, "ZF": ways["CL"]}, pages),
               (readmes, keys, base, {**ways, "XX": ways["CL"]}, pages), (readmes, keys, base, ways, pages.replace("## 程序", "## 序")),
               (readmes, keys.replace("| kafka \\| spool", "| kafka \\| pigeon \\| spool"), base, ways, pages),
               (told("`GH`", "`GH`, `TW`"), keys, base, ways, pages), (told("`CL` |", "`CL` |\n| `pigeon` | paper | `ZF` |"), keys, base, ways, pages),
               (told("`MZ`", "`CL`"), keys, base, ways, pages)]
    missed = [i for i, p in enumerate(planted) if not list(faults(*p))]
    sys.exit("planted faults that were not seen: %s" % missed if missed or found else 0)
print("\n".join(found) or "every transport has a partner in the demo's county, as both READMEs say")
sys.exit(bool(found))
