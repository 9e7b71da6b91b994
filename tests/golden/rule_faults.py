#!/usr/bin/env python3
"""What nobody knows is a fault at its place: an item made from CS01 in a copy of bus-config, each time with another mistake, and `lianou policy check` on it.
--plant runs one good rule as if it were a mistake, which must be found. Inputs that went wrong once come from $LIANOU_SHARED/cases/rules where that is there."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(os.environ["LIANOU_SOURCE"])
SHARED = pathlib.Path(os.environ.get("LIANOU_SHARED") or "/nowhere") / "cases/rules"
WORK = pathlib.Path(tempfile.mkdtemp(prefix="lianou-faults-"))
CONFIG = WORK / "bus-config"
ITEM = CONFIG / "policies/CS/CS04.yaml"
LINE = 24  # of the condition's first line
HEAD = """code: CS04
department: CS
name: {zh: 试验, en: trial}
category: special
kind: benefit
scope: household
start: application
startable: true
source: a trial
confidence: A

versions:
  - version: "2026.1"
    effective: {from: %s}
    basis:
      - document: {zh: 试验办法, en: trial}
        from: 2026-01-01
        confidence: A
    condition:
"""
TAIL = None  # of CS01, from materials on
failed = []


def lianou(*args, stdin=None):
    r = subprocess.run([PROGRAM, *args], cwd=WORK, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, input=stdin)
    return r.returncode, r.stdout + r.stderr


def item(condition, amount="feel: '30000'", first="2026-01-01"):
    """condition, amount: the map below the key, as lines of YAML."""
    def part(text):
        return "".join("      %s\n" % line for line in text.splitlines())
    text = "{zh: 试验, en: trial}"
    ITEM.write_text(HEAD % first + part(condition) + "      text: %s\n      confidence: A\n    amount:\n" % text + part(amount) +
                    "      text: %s\n      confidence: A\n\n" % text + TAIL)


def feel(text):
    return "feel: |\n" + "".join("  %s\n" % line for line in text.splitlines())


def say(name, well, out):
    if not well:
        failed.append(name)
        print("FAILED %s\n%s" % (name, out))


def faults(out):
    """The summary and the list of what is to be confirmed left out; each once."""
    lines = [x for x in out.splitlines() if re.match(r"\S+:\d+:\d+: ", x)]
    return lines


def wrong(name, words, place=None, day=None):
    """The check fails, says each of the words, at the place, nothing twice."""
    code, out = lianou("policy", "check", *(["--date", day] if day else []))
    lines = faults(out)
    well = code == 1 and all(any(w in x for x in lines) for w in words)
    well = well and len(set(lines)) == len(lines)
    well = well and all(re.search("[\u4e00-\u9fff]", x) for x in lines)
    well = well and (place is None or any(place in x for x in lines))
    well = well and re.search(r"^\d+ ", out.strip().splitlines()[-1]) is not None
    say(name, well, out)


def good(name, expect=None):
    code, out = lianou("policy", "check")
    say(name, code == 0 and not faults(out), out)
    if expect:
        (WORK / "homes.yaml").write_text(expect)
        code, out = lianou("policy", "test", "CS04", "homes.yaml")
        say(name + ", judged", code == 0 and " 0 not as expected" in out, out)


def of_rules():
    at = "CS04.yaml:%d:" % (LINE - 3)
    keyboard = [
        ("curly quotes", 'household.area = "rural" or household.status = “dibao”', ["中文引号", "write '\"'"], ":56: "),
        ("one curly quote", 'household.status = "dibao”', ["中文引号"], None),
        ("bare word", 'household.area = "rural" or household.status = dibao', ['"dibao"', "加英文双引号"], ":56: "),
        ("full-width equals", 'household.status ＝ "dibao"', ["＝", "'='"], ":26: "),
        ("full-width digits", "household.member_count > ３", ["３", "3"], ":34: "),
        ("full-width brackets", 'household.status in （"dibao", "tekun")', ["（", "'('"], ":29: "),
        ("full-width comma", 'household.status in ("dibao"， "tekun")', ["，", "','"], ":37: "),
        ("Chinese full stop", "household.member_count > 3。", ["。"], ":35: "),
        ("Chinese less", "household.member_count ≥ 3", ["≥", "'>='"], ":32: "),
        ("unknown name", "income_totl > 3", ["income_totl"], ":9: "),
        ("fact without its owner", "income_total_fen > 3", ["did you mean 'household.income_total_fen'?"], ":9: "),
        ("unknown fact", "household.income_totl_fen > 3", ["household has no 'income_totl_fen'; did you mean 'income_total_fen'?", "是否应为“income_total_fen”"], ":19: "),
        ("unknown member's fact", "some m in members satisfies m.agee > 3", ["m has no 'agee'; did you mean 'age'?"], ":39: "),
        ("unknown function", "cuont(members) > 3", ["did you mean 'count'?"], ":9: "),
        ("wrong capital", 'household.status = "Dibao"', ['did you mean "dibao"?', '"tekun" 特困'], ":28: "),
        ("no such word", 'household.status in ("dibao", "特困户")', ["特困户", "不是可用的词"], None),
        ("no such relation", 'some m in members satisfies m.relation = "儿子"', ["儿子", '"son"'], None),
        ("number against text", 'household.member_count > "3"', ["'>': expected number, found string", "应为数字,实为文字"], None),
        ("text against number", "household.status = 3", ["'=': expected string, found number"], None),
        ("a name cut short", "household.income_totl > 3", ["did you mean 'income_total_fen'?"], ":19: "),
        ("words out of a name", 'some m in members satisfies m.关系 = "self"', ["是否应为“与户主关系”"], None),
        ("a name in a filter", "count(members[agee > 3]) > 0", ["agee", "'age'"], None),
        ("arguments", "count() > 0", ["count()"], None),
        ("kind of an argument", 'floor("3") > 0', ["floor()"], None),
    ]
    for name, text, words, place in keyboard:
        item(feel(text))
        wrong(name, words, place and at + place[1:])
    for name, text, words in [
        ("amount with curly quotes", "if household.status = “dibao” then 50000 else 30000", ["中文引号"]),
        ("amount that is text", '"500元"', ["expected number, found string"]),
        ("amount that is text in a branch", 'if household.status = "dibao" then "500元" else 30000', ["expected number, found string"]),
    ]:
        item(feel('household.status = "dibao"'), feel(text))
        wrong(name, words)
    for name, text in [
        ("Chinese words", '家庭.救助身份 = "低保" 且 (家庭.城乡类别 = "农村" 或 非(家庭.本县户籍))'),
        ("Chinese word in a list", '家庭.救助身份 in ("低保", "特困") 或 list contains(["低保边缘"], 家庭.救助身份)'),
        ("Chinese word of a member", 'some m in members satisfies m.就学阶段 = "高等教育"'),
    ]:
        item(feel(text))
        good(name)


def of_days():
    item(feel("家庭.救助身分 = 1"), first="2099-01-01")
    wrong("a rule that begins in the future", ["did you mean '救助身份'"])
    item(feel('household.status = "dibao" and household.status = "tekun"'), first="2099-01-01")
    wrong("a rule of the future nobody can have", ["nobody got it"])


def of_template():
    item(feel('household.status = "dibao"'))
    text = (ITEM if ITEM.exists() else ITEM.parent / "CS01.yaml").read_text()
    ITEM.write_text(re.sub(r"(?m)^fund:.*\n", "", text))
    wrong("no fund", ["fund: missing"])
    ITEM.write_text(text.replace("total: {n: 20,", "total: {n: 3,"))
    wrong("steps above the total", ["20", "3", "total"])
    for name, old, new, words in [
        ("an unknown key", "\nfund:", "\nfunds: x\nfund:", ["funds: unknown key; did you mean 'fund'?"]),
        ("no first day", "    effective: {from: 2026-01-01}\n", "", ["effective"]),
        ("no versions", "versions:\n", "verzions:\n", ["versions"]),
        ("a mark that is none", "\nconfidence: A", "\nconfidence: B", ["must be F | K | I | A"]),
        ("a fund that is none", "\nfund: ", "\nfund: Z", ["funds.yaml"]),
    ]:
        assert old in text, old
        ITEM.write_text(text.replace(old, new, 1))
        wrong(name, words)
    item(feel('household.status = "dibao"'), feel("99999999999999"))
    wrong("a sum beyond bounds", ["bounds"])
    ITEM.unlink()


HOMES = """date: 2026-10-09
households:
  - name: {zh: 城镇低保, en: urban on dibao}
    facts: {area: urban, status: dibao, income_total_fen: 500000}
    members: [{relation: self, birth_date: 1975-03-12, stage: none}]
    expect: {CS04: %s}
  - name: {zh: 农村, en: rural}
    facts: {area: rural, status: none, income_total_fen: 5000000}
    members: [{relation: self, birth_date: 1975-03-12, stage: none}]
    expect: {CS04: %s}
"""


TABLE = """救助身份,家庭年收入（元）,共同生活人数,结果,金额（元）
低保、特困,,,是,500
非特困,"≥3万元",1-2,否,
%s,,,是,30.5
"""


def of_tables():
    csv = ITEM.parent / "CS04.csv"
    csv.write_text(TABLE % "", encoding="gb18030")
    code, out = lianou("policy", "table", str(csv))
    say("a table of Excel", code == 0 and "3 条规则" in out, out)
    item("dmn: CS04.dmn\ndecision: 符合条件", "dmn: CS04.dmn\ndecision: 金额")
    good("a table as a condition", HOMES % ("{verdict: eligible, amount_fen: 50000}", "not eligible"))
    csv.write_text(TABLE % "低保户")
    code, out = lianou("policy", "table", str(csv))
    say("a word that is none", code == 1 and "CS04.csv:4:1: '低保户'" in out, out)
    csv.unlink()
    (ITEM.parent / "CS04.dmn").unlink()
    ITEM.unlink()


def models(*names):
    for old in ITEM.parent.glob("*.dmn"):
        old.unlink()
    for n in names:
        shutil.copy(SHARED / n, ITEM.parent / n)


def evaluate(name, model, decision, given, code, words):
    (WORK / "in.json").write_text(json.dumps(given, ensure_ascii=False))
    got, out = lianou("dmn", "eval", str(ITEM.parent / model), decision, "--input", "in.json")
    say(name, got == code and all(w in out for w in words), "%d %s" % (got, out))


def of_models():
    if not SHARED.is_dir():
        print("SKIPPED the models: LIANOU_SHARED names no folder with cases/rules")
        return
    models("p8-unquoted-cell.dmn")
    item("dmn: p8-unquoted-cell.dmn\ndecision: 符合条件")
    wrong("unquoted cell", ['"dibao"', "加英文双引号"], "p8-unquoted-cell.dmn:5:25: ")
    evaluate("unquoted cell, evaluated", "p8-unquoted-cell.dmn", "符合条件", {"status": "none"}, 1, ["dibao", "5:25"])
    models("p7-imports.dmn", "p7-shared.dmn")
    item("dmn: p7-imports.dmn\ndecision: 符合条件")
    good("inputs of an imported model", HOMES % ("eligible", "eligible"))
    models("p9-no-inputdata.dmn")
    item("dmn: p9-no-inputdata.dmn\ndecision: 补助档次", "feel: '30000'")
    wrong("no input data", ["人数", "income"])
    evaluate("no input data, not given", "p9-no-inputdata.dmn", "补助档次", {}, 1, ["人数", "income"])
    evaluate("no input data, given", "p9-no-inputdata.dmn", "补助档次", {"人数": 4, "income": 1000}, 0, ['"A"'])
    models("camunda.dmn")
    evaluate("integer and long", "camunda.dmn", "补助档次", {"人数": 4, "income": 1000}, 0, ['"A"'])
    for strangers in [[], ["p8-unquoted-cell.dmn"], ["d.dmn", "camunda.dmn"]]:
        models("a.dmn", "b.dmn", "c.dmn", *strangers)
        evaluate("two imported inputs of one name %s" % strangers, "c.dmn", "total", {"model_a": {"x": 1}, "model_b": {"x": 2}}, 0, ["22"])
        item('feel: household.area = "rural"', "dmn: c.dmn\ndecision: total\ninputs: {model_a.x: household.member_count, model_b.x: household.member_count}")
        good("two imported inputs of one name in an item %s" % strangers)
    evaluate("a misspelt input", "c.dmn", "total", {"model_a": {"y": 1}, "model_b": {"x": 2}}, 1, ["model_a.y"])
    models()
    ITEM.unlink()


def main():
    global TAIL
    shutil.copytree(SOURCE / "bus-config", CONFIG)
    code, out = lianou("policy", "new", "CS04", "--from", "CS01")
    say("policy new", code == 0 and ITEM.exists() and "code: CS04" in ITEM.read_text(), out)
    text = (ITEM if ITEM.exists() else ITEM.parent / "CS01.yaml").read_text()
    TAIL = text[text.index("\nmaterials:") + 1:]
    if "--plant" in sys.argv:
        item(feel('household.status = "dibao"'))
        wrong("planted", ["no fault at all"])
        shutil.rmtree(WORK)
        sys.exit(0 if failed == ["planted"] else 1)
    of_rules()
    of_days()
    of_template()
    of_tables()
    of_models()
    shutil.rmtree(WORK)
    sys.exit("%d not as they must be: %s" % (len(failed), ", ".join(failed)) if failed else 0)


main()
