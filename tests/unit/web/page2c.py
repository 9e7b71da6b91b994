#!/usr/bin/env python3
"""What the generator of pages refuses, each at its line: values where a browser would read code, words that one
language lacks, forms without their token, members that are not there."""
import pathlib
import subprocess
import sys
import tempfile

PROGRAM, COMPILE = sys.argv[1], sys.argv[2:]
HEAD = "{{page one one}}\n"
ZH, EN = "a = 甲\nb = {0}\n", "a = x\nb = {0}!\n"
# the page (behind its first line), a part of what is said; None: it is well
CASES = (
    ("<p>{{text}}</p>", None),
    ("<p>{{t a}} {{t b text}}</p>", None),
    ('<p{{if n}} class="x"{{end}}>{{if n}}1{{else}}2{{end}}</p>', None),
    ("{{text", None),  # is text
    ("<p {{text}}>", "one.html:2: a value stands in text"),
    ("<p class={{text}}>", "one.html:2: a value stands"),
    ("<p class='{{text}}'>", "double quotes"),
    ('<p {{text}}="x">', "a value stands in text"),
    ("<{{text}}>", "a value stands in text"),
    ("<script>{{text}}</script>", "this element may not"),
    ("<style>{{text}}</style>", "this element may not"),
    ('<p onclick="{{text}}">', "this attribute may not"),
    ('<p style="{{text}}">', "this attribute may not"),
    ('<iframe srcdoc="x">', "this element may not"),
    ('<base href="/">', "this element may not"),
    ('<meta http-equiv="refresh">', "this attribute may not"),
    ("<!-- {{text}} -->", "no comments"),
    ("\n\n<p>{{nobody}}</p>", "one.html:4"),  # the compiler says it
    ("<p>{{t nobody}}</p>", "no such word"),
    ("<p>{{t b}}</p>", "not as many values"),
    ("<p>{{t a text}}</p>", "not as many values"),
    ('<a href="{{t a}}">', "no words in an address"),
    ('<form method="post"><p></p></form>', "needs {{csrf}}"),
    ('<form method="POST"><p></p></form>', "needs {{csrf}}"),
    ('<form method="post">{{if n}}{{csrf}}{{end}}</form>', "both ways"),
    ("<form>{{csrf}}</form>", "stands inside of a form that posts"),
    ('{{if n}}<p class="{{end}}x">', "both ways"),
    ("{{if n}}x", "ends inside"),
    ("{{end}}", "nothing is open"),
    ("{{each r rows}}{{else}}{{end}}", "no {{if}}"),
    ("{{markup text}}", "incompatible type"),
    ("{{part other text}}", "no page of this name"),
    ("{{text; system}}", "one member"),
    ("{{v->text}}", "no member"),
    ("{{rows}}", "one.html:2"),  # neither text nor number
)
WORDS = (("a = x\n", "b = {0}\n", "has no text"), ("a = x\na = y\n", "a = x\n", "stands twice"),
         ("a = {0}\n", "a = {1}\n", "are not those"), ("a=x\n", "a = x\n", "a line is"), ("\n\nA = x\n", "a = x\n", "zh:3"))
STRUCT = "#include <stddef.h>\nstruct row { int x; }; struct one { const char *text; int n; struct row *rows; size_t rows_count; };\n"
faults = []


def made(work, page, zh=ZH, en=EN):
    (work / "one.h").write_text(STRUCT)
    (work / "zh").write_text(zh)
    (work / "en").write_text(en)
    (work / "one.html").write_text(HEAD + page + "\n")
    r = subprocess.run([PROGRAM, ".", "try", "one.h", "zh", "en", "one.html"], cwd=work, capture_output=True, text=True)
    if r.returncode == 0:
        r = subprocess.run([*COMPILE, "-std=c11", "-Werror=int-conversion", "-fsyntax-only", "-I", ".", "try_pages.c"],
                           cwd=work, capture_output=True, text=True)
    return r.returncode, r.stderr


with tempfile.TemporaryDirectory() as folder:
    here = pathlib.Path(folder)
    for page, want in CASES:
        code, said = made(here, page)
        if (want is None) != (code == 0) or (want or "") not in said:
            faults.append("%r: wanted %r, got %d %s" % (page, want, code, said[:300]))
    for zh, en, want in WORDS:
        code, said = made(here, "<p></p>", zh, en)
        if code == 0 or want not in said:
            faults.append("%r %r: wanted %r, got %d %s" % (zh, en, want, code, said[:300]))
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
