#!/usr/bin/env python3
"""The house's rules, each with a planted offender that it must find.

  lint.py CHECK          the tree; prints file:line and what is wrong
  lint.py CHECK --plant  the same over an offender made for it: must fail
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
CODE = ("bus", "producers", "consumers", "ops")
# Rooms where the rules of structure (circles, chains, codes, asserts) are not
# yet kept; each that is brought in order leaves the list.
OPEN = set()

# The one way to depend (bus/README.md): a room uses what stands in a tier
# before its own; rooms of one tier do not see each other, but for NAMED.
TIERS = (
    {"bus/base"},
    {"bus/wire", "bus/conf", "bus/feel", "bus/run", "bus/workbook", "bus/bank"},
    {"bus/dmn", "bus/kafka", "bus/pg"},
    {"bus/policy", "bus/registers"},
    {"bus/advice", "bus/catalogue", "bus/role"},
    {"bus/partner", "bus/ledger", "bus/web"},
)
# Rooms that may see less than their tier: pure ones, and the two languages.
ONLY = {
    "bus/bank": {"bus/base"},
    "bus/feel": {"bus/base"},
    "bus/workbook": {"bus/base"},
    "bus/dmn": {"bus/base", "bus/feel"},
    "bus/kafka": {"bus/base", "bus/conf", "bus/run"},
    "bus/pg": {"bus/base", "bus/run"},
    "bus/policy": {"bus/base", "bus/feel", "bus/dmn"},
    "bus/advice": {"bus/base", "bus/feel", "bus/dmn", "bus/policy"},
    "bus/registers": {"bus/base", "bus/wire", "bus/conf"},
}
# The matcher is what must be small: it never links what people ask of rules.
NEVER = {"consumers/matcher": {"bus/advice", "bus/ledger", "bus/partner", "bus/pg"}}
OUTSIDE = {
    "librdkafka": {"bus/kafka"},
    "libpq-fe.h": {"bus/pg"},
    "uv.h": {"bus/run", "bus/kafka", "bus/pg"},
    "microhttpd.h": {"bus/run"},
    "gnutls": {"bus/run"},
    "yaml.h": {"bus/conf"},
    "openssl": {"bus/wire"},
    "bid_functions.h": {"bus/feel"},
    "bid_conf.h": {"bus/feel"},
    "libxml": {"bus/dmn", "bus/workbook", "bus/bank"},
    "zip.h": {"bus/workbook"},
    "xlsxwriter.h": {"bus/workbook"},
    "zlib.h": {"bus/catalogue"},
    "unicode": {"bus/feel"},
    "sodium.h": {"bus/web"},
    "avro.h": {"ops/cli/inspect/avro_file.c"},
    "avro": {"ops/cli/inspect/avro_file.c"},
    "curl": {"bus/run", "bus/web"},
    # pages are laid out in a process of its own
    "pango": {"ops/printer/layout.c"},
    "cairo-pdf.h": {"ops/printer/layout.c"},
    "qrencode.h": {"bus/web", "ops/printer/layout.c", "ops/printer/page.c"},
    "jansson.h": {"bus/wire", "bus/partner", "bus/ledger", "bus/web", "producers/intake", "producers/desk", "consumers/registry", "consumers/treasury",
                  "ops"},
}
# Files that call each other because their language nests: one room's grammar.
GRAMMAR = {
    "bus/feel": {"builtin", "call", "eval", "list", "type", "name", "parse", "primary", "check", "check_found"},
    "bus/dmn": {"boxed", "table", "type"},
}
# Where a broken invariant would be written to a topic or a table.
ASSERTED = ("bus/kafka", "bus/role", "bus/partner", "bus/policy", "consumers/")
BANNED = r"\b(strcpy|strcat|sprintf|vsprintf|strtok|gmtime|localtime|atoi|atol|alloca|gets)\s*\("


def files(root, *ends):
    for top in CODE:
        for p in sorted((root / top).rglob("*")):
            if p.suffix in ends and p.is_file():
                yield p


def room(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("bus", "producers", "consumers") else parts[0]


def sees(me, other):
    """Whether room me may use room other."""
    if me == other or me == "ops":
        return True
    tier = next((i for i, t in enumerate(TIERS) if me in t), len(TIERS))
    if me in ONLY:
        return other in ONLY[me]
    if other in NEVER.get(me, ()):
        return False
    if other == "schemas":
        return tier > 3
    return any(other in t for t in TIERS[:tier])


def includes(root):
    for p in files(root, ".c", ".h"):
        for n, line in enumerate(p.read_text().splitlines(), 1):
            m = re.match(r'\s*#include\s+([<"])([^>"]+)[>"]', line)
            if m:
                yield p.relative_to(root), n, m.group(1), m.group(2)


def layers(root):
    for path, n, quote, name in includes(root):
        if quote == '"' and not sees(room(str(path)), room(name)):
            yield "%s:%d: %s must not use %s" % (path, n, room(str(path)), name)


def folders(root):
    """A room that has to be scrolled is two rooms."""
    held = {}
    for p in files(root, ".c"):
        held[p.parent] = held.get(p.parent, 0) + 1
    for folder, n in sorted(held.items()):
        if n > 30:
            yield "%s: %d C files; at most 30" % (folder.relative_to(root), n)


def outside(root):
    for path, n, _, name in includes(root):
        for key, rooms in OUTSIDE.items():
            if (name == key or name.startswith(key + "/")) and not {room(str(path)), str(path)} & rooms:
                yield "%s:%d: %s belongs to %s" % (path, n, name, ", ".join(sorted(rooms)))


def sizes(root):
    for p in [*files(root, ".c", ".h"), *sorted((root / "tests").rglob("*.[ch]"))]:
        lines = len(p.read_text().splitlines())
        scene = p.relative_to(root).parts[0] == "tests"  # a test's header is code
        most = 600 if p.suffix == ".c" or scene else 200
        if lines > most:
            yield "%s: %d lines; at most %d" % (p.relative_to(root), lines, most)


def functions(root):
    names = [str(p) for p in files(root, ".c")]
    out = subprocess.run(["ctags", "-x", "--c-kinds=f", "--_xformat=%F:%n %N %e", "-L", "-"], input="\n".join(names),
                         capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        place, name, end = line.split()
        start = int(place.rsplit(":", 1)[1])
        if int(end) - start + 1 > 70:
            yield "%s: %s has %d lines; at most 70" % (pathlib.Path(place).relative_to(root), name, int(end) - start + 1)


def defined(root):
    """(path, line, name, whether other files see it) of each function."""
    names = [str(p) for p in files(root, ".c")]
    out = subprocess.run(["ctags", "-x", "--c-kinds=f", "--fields=+f", "--_xformat=%F:%n %N %{file}", "-L", "-"],
                         input="\n".join(names), capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        place, name, local = (line.split(" ") + [""])[:3]
        place, n = place.rsplit(":", 1)
        yield pathlib.Path(place).relative_to(root), int(n), name, local.strip() in ("", "-")


def symbols(root):
    """Two functions of one name: where other files see them, the linker takes whichever it meets first and says
    nothing; where they are static, nobody finds the one he means."""
    first = {}
    for path, n, name, _ in defined(root):
        if name in first and name != "main":
            yield "%s:%d: %s is also in %s" % (path, n, name, first[name])
        first.setdefault(name, path)


def prefixes(root):
    """What other files see begins with its room's name: bus_<room>_ or <room>_; bus_ in base; lianou_ or cli_ in ops."""
    for path, n, name, shown in defined(root):
        if not shown or name == "main":
            continue
        parts = str(path).split("/")
        last = room(str(path)).split("/")[-1]
        begins = {"ops": ("lianou_", "cli_")}.get(last, ("bus_%s_" % last, last + "_"))
        if str(path).startswith("bus/base/"):
            begins = ("bus_",)
        if parts[0] in ("producers", "consumers"):
            begins = (last + "_",)
        if not name.startswith(begins):
            yield "%s:%d: %s does not begin with %s" % (path, n, name, " or ".join(begins))


def short(root):
    """A name of five letters says nothing and is found everywhere."""
    for path, n, name, _ in defined(root):
        if len(name) <= 5 and name != "main":
            yield "%s:%d: %s: an object and a verb, please" % (path, n, name)


def journeys(root):
    """Every function that CONTRIBUTING.md's journeys pass is there."""
    file = root / "CONTRIBUTING.md"
    text = file.read_text() if file.exists() else ""
    told = re.findall(r"`([a-z][a-z0-9]*_[a-z0-9_]+)`", text.partition("## Four journeys of a message")[2])
    there = {name for _, _, name, _ in defined(root)}
    if not told:
        yield "CONTRIBUTING.md: no journeys of a message"
    for name in told:
        if name not in there:
            yield "CONTRIBUTING.md: %s is no function" % name


def examples(root):
    """What partners.md shows of a test stands in it, so that it works."""
    for page in sorted((root / "ops/docs").glob("*.md")) if (root / "ops/docs").exists() else []:
        for name, text in re.findall(r"\(`(tests/[\w/]+\.py)`[^\n]*\n\n```python\n(.*?)```", page.read_text(), re.S):
            test = root / name
            if not test.exists() or text not in test.read_text():
                yield "%s: not as in %s: %s" % (page.relative_to(root), name, text.splitlines()[0])


def stripped(text):
    """C without comments, and its literals empty; line numbers stay."""
    def blank(m):
        return ('""' if m.group()[0] == '"' else "' '" if m.group()[0] == "'" else " ") + "\n" * m.group().count("\n")

    return re.sub(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", blank, text, flags=re.S)


def circles(root):
    """Files of a folder that use each other are one file in two places: what they share stands in a third below."""
    held = {name: path for path, _, name, shown in defined(root) if shown}
    uses = {}
    for p in files(root, ".c"):
        p = p.relative_to(root)
        names = set(re.findall(r"\b[a-z]\w*\b", stripped((root / p).read_text())))
        uses[p] = {held[n] for n in names if n in held and held[n] != p and held[n].parent == p.parent}

    def reached(start):
        seen, ahead = set(), [start]
        while ahead:
            for to in uses[ahead.pop()] - seen:
                seen.add(to)
                ahead.append(to)
        return seen

    reach = {p: reached(p) for p in uses}
    for p in sorted(uses):
        ring = {q for q in reach[p] if p in reach[q]}
        me = room(str(p))
        if not ring or p != min(ring) or me in OPEN or {q.stem for q in ring} <= GRAMMAR.get(me, set()):
            continue
        yield "%s: in a circle with %s" % (p, ", ".join(sorted(q.name for q in ring if q != p)))


def chains(root):
    """Nothing runs after a failure: `rc = rc ? rc : f()` hides where it failed; BUS_TRY and BUS_TRY_GOTO return there."""
    code = r"((?:\w+(?:->|\.))*(?:rc|e))"
    after = re.compile(r"\b" + code + r"(?:\s*!=\s*\w+)?(?:\s*\|\|[^?;{}]*)?\s*\?\s*\1\s*:|"
                       r"\b((?:\w+(?:->|\.))*(?:rc|e))\s*=\s*\2\s*==\s*(?:BUS_OK|0)\s*\?[^;{}]*:\s*\2\s*;")
    for p in [*files(root, ".c", ".h"), *sorted((root / "tests").rglob("*.[ch]"))]:
        text = stripped(p.read_text())
        for m in after.finditer(text):
            if room(str(p.relative_to(root))) not in OPEN:
                yield "%s:%d: %s" % (p.relative_to(root), text.count("\n", 0, m.start()) + 1, " ".join(m.group().split()))


def codes(root):
    """A code without a text of its own goes on with the error before; who only names a code returns enum bus_errc."""
    for p in files(root, ".c"):
        path = p.relative_to(root)
        if room(str(path)) == "bus/base" or room(str(path)) in OPEN:
            continue
        text = stripped(p.read_text())
        for m in re.finditer(r"\breturn\b([^;{}]*[?:])?\s*(\(int\)\s*)?BUS_E[A-Z]+\b([^;(){}]*:[^;(){}]*)?;", text):
            heads = re.findall(r"^(?:static )?([a-z_][\w ]*?[ *])\w+\([^;{}]*\)\s*\{", text[:m.start()], re.M)
            if not heads or heads[-1].strip() != "enum bus_errc":
                yield "%s:%d: %s" % (path, text.count("\n", 0, m.start()) + 1, " ".join(m.group().split()))


def asserts(root):
    """At least one BUS_CHECK every two functions where a wrong thing would be written down."""
    functions_of, checks = {}, {}
    for path, _, _, _ in defined(root):
        functions_of[room(str(path))] = functions_of.get(room(str(path)), 0) + 1
    for p in files(root, ".c"):
        me = room(str(p.relative_to(root)))
        checks[me] = checks.get(me, 0) + len(re.findall(r"\bBUS_CHECK\(", stripped(p.read_text())))
    for me, n in sorted(functions_of.items()):
        if me.startswith(ASSERTED) and me not in OPEN and checks[me] < n // 2:
            yield "%s: %d BUS_CHECK for %d functions; at least one every two" % (me, checks[me], n)


def banned(root):
    for p in files(root, ".c", ".h"):
        for n, line in enumerate(p.read_text().splitlines(), 1):
            if re.search(BANNED, line):
                yield "%s:%d: %s" % (p.relative_to(root), n, line.strip())


def rdkafka_include():
    """Where ops/librdkafka/fetch.sh puts its headers, on a system without."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    home = os.environ.get("LIANOU_RDKAFKA_HOME") or cache + "/lianou/librdkafka-2.8-mended"
    return ["-isystem", home + "/include"] if os.path.isdir(home) else []


def headers(root):
    with tempfile.TemporaryDirectory() as work:
        generated = sorted(SOURCE.glob("build/*/generated"))
        for p in files(root, ".h"):
            name = p.relative_to(root)
            c = pathlib.Path(work) / "one.c"
            c.write_text('#include "%s"\n#include "%s"\n' % (name, name))
            r = subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-fsyntax-only", "-I", root, "-I", "/usr/include/libxml2"] +
                               rdkafka_include() + [x for g in generated[:1] for x in ("-I", g)] + [c], capture_output=True, text=True)
            if r.returncode != 0:
                yield "%s: does not compile alone: %s" % (name, r.stderr.splitlines()[0] if r.stderr else "?")


def formatter():
    """clang-format 14 as tests/requirements.txt pins it, or the system's."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    python = os.environ.get("LIANOU_PYTHON") or cache + "/lianou/python/bin/python3"
    return shutil.which(os.path.dirname(python) + "/clang-format") or shutil.which("clang-format-14")


def formatted(root):
    names = [str(p) for p in files(root, ".c", ".h")]
    for i in range(0, len(names), 40):
        r = subprocess.run([formatter(), "--style=file:" + str(SOURCE / ".clang-format"), "--dry-run", "-Werror"]
                           + names[i:i + 40], capture_output=True, text=True)
        for line in r.stderr.splitlines():
            if "error:" in line:
                yield line.replace(str(root) + "/", "")


def words(root):
    """Every symbol of an enum that people meet is called something in both languages (bus-config/words.yaml)."""
    kinds, kind = {}, None
    file = root / "bus-config/words.yaml"
    for line in file.read_text().splitlines() if file.exists() else []:
        top = re.match(r"([a-z_]+):$", line)
        word = re.match(r'  "?([A-Za-z0-9_]+)"?: \{zh: ([^,]+), en: ([^}]+)\}$', line)
        if top:
            kind = kinds.setdefault(top.group(1), set())
        elif word:
            kind.add(word.group(1))
        elif line.strip() and not line.startswith("#"):
            yield "%s: not `WORD: {zh: .., en: ..}`: %s" % (file.relative_to(root), line)

    def enums(node):
        for n in node if isinstance(node, list) else node.values() if isinstance(node, dict) else []:
            yield from enums(n)
        if isinstance(node, dict) and node.get("type") == "enum":
            yield node

    extract = root / "consumers/ledger/extract.c"
    for record in re.findall(r'\{"[a-z-]+", &sa_(\w+)_type', extract.read_text()) if extract.exists() else []:
        if record not in kinds.get("record", ()):
            yield "consumers/ledger/extract.c: record %s has no line in bus-config/words.yaml" % record
    for p in sorted((root / "schemas").glob("*.avsc")):
        for e in enums(json.loads(p.read_text())):
            for symbol in e["symbols"]:
                if symbol != "UNKNOWN" and symbol not in kinds.get(e["name"], ()):
                    yield "%s: %s.%s has no line in bus-config/words.yaml" % (p.relative_to(root), e["name"], symbol)


PLANTS = {
    "layers": ("bus/base/plant.h", '#include "bus/kafka/client.h"\n',
               "bus/feel/plant.c", '#include "bus/dmn/dmn.h"\n',
               "bus/role/plant.c", '#include "bus/partner/kind.h"\n',
               "consumers/matcher/plant.c", '#include "bus/advice/explain.h"\n',
               "bus/ledger/plant.c", '#include "ops/cli/tool.h"\n'),
    "folders": sum((("bus/base/plant%d.c" % i, "\n") for i in range(31)), ()),
    "outside": ("bus/feel/plant.c", "#include <librdkafka/rdkafka.h>\n", "ops/cli/plant.c", "#include <avro.h>\n"),
    "sizes": ("bus/base/plant.c", "\n" * 601, "bus/base/plant.h", "\n" * 201, "tests/unit/plant.c", "\n" * 601),
    "functions": ("bus/base/plant.c", "int f(void)\n{\n" + "    ;\n" * 70 + "    return 0;\n}\n"),
    "symbols": ("bus/base/plant.c", "int f(int a)\n{\n    return a;\n}\n", "ops/plant.c", "static int f(void)\n{\n    return 0;\n}\n"),
    "prefixes": ("bus/role/plant.c", "int partner_f(void)\n{\n    return 0;\n}\n",
                 "consumers/matcher/plant.c", "int bus_matcher_f(void)\n{\n    return 0;\n}\n"),
    "short": ("bus/base/plant.c", "static int take(void)\n{\n    return 0;\n}\n"),
    "journeys": ("CONTRIBUTING.md", "## Four journeys of a message\n`matcher_planted_f` -> `bus_f`\n",
                 "bus/base/plant.c", "int bus_f(void)\n{\n    return 0;\n}\n"),
    "examples": ("ops/docs/plant.md", "one (`tests/plant.py`):\n\n```python\nplanted()\n```\n", "tests/plant.py", "other()\n"),
    "circles": ("bus/base/one.c", "int bus_two(void);\nint bus_one(void)\n{\n    return bus_two();\n}\n",
                "bus/base/two.c", "int bus_three(void);\nint bus_two(void)\n{\n    return bus_three();\n}\n",
                "bus/base/three.c", "int bus_one(void);\nint bus_three(void)\n{\n    return bus_one();\n}\n"),
    "chains": ("bus/base/plant.c", "int f(int rc)\n{\n    rc = rc ? rc : g();\n    return rc;\n}\n",
               "ops/plant.c", "int f(int rc)\n{\n    rc = rc != BUS_OK\n             ? rc\n             : g();\n    return rc;\n}\n",
               "tests/unit/plant.c", "int f(struct s *s)\n{\n    return s->rc ? s->rc : g();\n}\n",
               "bus/role/plant.c", "int f(int rc)\n{\n    rc = rc == BUS_OK ? g()\n                      : rc;\n    return rc;\n}\n"),
    "codes": ("bus/role/plant.c", "int f(void)\n{\n    return BUS_EIO;\n}\n",
              "ops/plant.c", "enum bus_errc f(void)\n{\n    return BUS_EIO;\n}\nint g(int a)\n{\n    return a ? BUS_OK : BUS_EIO;\n}\n"),
    "asserts": ("bus/policy/plant.c", "int f(void)\n{\n    return 0; /* BUS_CHECK(false) */\n}\nint g(void)\n{\n    return 1;\n}\n",
                "consumers/bank/plant.c", "int f(int a)\n{\n    BUS_CHECK(a);\n    return a;\n}\n"
                + "".join("int %s(void)\n{\n    return 0;\n}\n" % f for f in "ghi")),
    "banned": ("bus/base/plant.c", "void f(char *a) { strcpy(a, a); }\n"),
    "words": ("schemas/plant.avsc", '{"type": "enum", "name": "plant", "symbols": ["PLANTED"]}'),
    "headers": ("bus/base/plant.h", "uint64_t f(void);\n"),
    "formatted": ("bus/base/plant.c", "int   f( void ){return 0 ;}\n"),
}


EACH = {"outside", "sizes", "layers", "prefixes", "chains", "codes", "asserts"}  # every planted file is an offender of its own


def main():
    name = sys.argv[1]
    check = globals()[name]
    if len(sys.argv) > 2:
        with tempfile.TemporaryDirectory() as root:
            for at in range(0, len(PLANTS[name]), 2):
                path = pathlib.Path(root) / PLANTS[name][at]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(PLANTS[name][at + 1])
            found = list(check(pathlib.Path(root)))
            print("planted offender:", found[0] if found else "NOT FOUND")
            sys.exit(0 if len(found) >= (len(PLANTS[name]) // 2 if name in EACH else 1) else 1)
    found = list(check(SOURCE))
    print("\n".join(found[:50]))
    print("%s: %d offenders" % (name, len(found)))
    sys.exit(1 if found else 0)


for tool, found in (("ctags", shutil.which("ctags")), ("clang-format 14", formatter())):
    if found is None:
        print("SKIPPED: no", tool)
        sys.exit(77)
main()
