#!/usr/bin/env python3
"""A catalogue that raises an item to 888 888 yuan, and a register with a seal of
one's own, published by who may not: unsigned, signed by another key, signed for
something else, sent again. The running roles refuse each, say so, and go on with
the last good one; what the bureau has signed is taken up."""
import datetime
import json
import pathlib
import re
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(SOURCE / "tests/e2e"), str(SOURCE / "tests/security")]
from county import SCHEMAS, Bus, Patience, application  # noqa: E402
import publication  # noqa: E402

WORK = pathlib.Path(tempfile.mkdtemp(prefix="lianou-register-"))
OURS, THEIRS = WORK / "ours/bus-config", WORK / "theirs/bus-config"
COUNTY = "371425"
HUGE = 88888800  # fen
faults = []


def check(what, holds, got=""):
    print("  %-66s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:300],)))
    if not holds:
        faults.append(what)


def severe(order, reference):
    a = application(order, "WEB", reference)
    a["members"][0]["facts"].update(disability_grade=1, care_months=12, disability_category="physical")
    return a


def care(folder, fen):
    """The nursing subsidy of grade 1 becomes `fen` from 2020 on."""
    path = folder / "standards.yaml"
    was = path.read_text()
    now = re.sub(r"(disability_care_1_fen:(?:.*\n)*?.*from: 2020-01-01, value: )\d+", r"\g<1>%d" % fen, was, count=1)
    assert now != was
    path.write_text(now)


class Look:
    """What the roles say of themselves."""

    def __init__(self, bus):
        self.town = bus.town

    def ready(self, role, condition):
        url = "http://127.0.0.1:%s/readyz" % self.town.env["LIANOU_PORT_" + role.upper()]
        try:
            said = json.load(urllib.request.urlopen(url))
        except urllib.error.HTTPError as e:
            said = json.load(e)
        return next(c for c in said["conditions"] if c["name"] == condition)

    def count(self, role, metric, outcome):
        url = "http://127.0.0.1:%s/metrics" % self.town.env["LIANOU_PORT_" + role.upper()]
        body = urllib.request.urlopen(url).read().decode()
        found = re.search(r'%s\{outcome="%s"\} (\d+)' % (metric, outcome), body)
        return int(found.group(1)) if found else 0

    def until(self, what, holds, seconds=20):
        patience, end = Patience(seconds, self.town.moved), time.monotonic() + 6 * seconds
        while not holds():
            if patience.over() or time.monotonic() > end:  # roles that go on with the wrong one move, too
                return check(what, False, "it did not happen")
            time.sleep(0.2)
        check(what, True)

    def log(self, role):
        return (self.town.dir / (role + ".log")).read_text()


def amount(bus, reference):
    """What the household may get of MZ12, as its assignment says."""
    home = None
    patience = Patience(40, bus.town.moved)
    while home is None and not patience.over():
        bus.take(0.3)
        home = next((r["household_id"] for _, r in bus.events("application", 0) if r["channel_reference"] == reference), None)
    return [r for _, r in bus.events("assignment", 1, item="MZ12", household_id=home)][-1]["amount_fen"]


def send(bus, kind, record, key=None):
    bus.producer.produce("qihe." + kind, key=(key or record["version"]).encode(), value=publication.framed(SCHEMAS, kind, record))
    assert bus.producer.flush(20) == 0


def on_topic(bus, kind):
    bus.take(1)
    return [r for _, r in bus.events(kind, 0)]


def theirs_signed(bus, *args):
    """What somebody with a key of his own and our program can send."""
    key = WORK / "theirs.pem"
    if not key.exists():
        bus.town.foreign = bus.town.lianou("seal", "keygen", str(key)).stdout.strip()
    kept = dict(bus.town.env)
    bus.town.env.update(LIANOU_BUREAU_PUBLIC=bus.town.foreign, LIANOU_BUREAU_KEY=str(key))
    try:
        r = bus.town.lianou(*args, "--config", str(THEIRS), check=False)
        assert r.returncode == 0, r.stdout[-600:] + r.stderr[-600:]
        return r.stdout
    finally:
        bus.town.env.clear()
        bus.town.env.update(kept)


def refused_catalogues(bus, look, before):
    """Each of these would make it 888 888 yuan."""
    care(THEIRS, HUGE)
    n = look.count("matcher", "lianou_catalogues_total", "refused")
    theirs_signed(bus, "policy", "publish")
    foreign = on_topic(bus, "catalogue")[-1]
    look.until("foreign: refused and counted", lambda: look.count("matcher", "lianou_catalogues_total", "refused") == n + 1)
    why = look.ready("matcher", "catalogue")["why"]
    check("foreign: the condition says whose key it is", foreign["signer"] in why, why)
    ours = on_topic(bus, "catalogue")
    name = next(r["signer"] for r in reversed(ours) if r["signer"] not in ("", foreign["signer"]))
    forged = [
        ("unsigned", dict(foreign, signer="", signature=b"")),
        ("with our key's name", dict(foreign, signer=name)),
        ("with our last signature", dict(foreign, signer=name, signature=next(
            r["signature"] for r in reversed(ours) if r["signer"] == name))),
        ("with a signature too long", dict(foreign, signature=b"x" * 4000)),
        ("from the year 0001", dict(foreign, effective_from=-719162, signer="", signature=b"")),
    ]
    for i, (what, record) in enumerate(forged):
        send(bus, "catalogue", record)
        look.until(what + ": refused and counted",
                   lambda: look.count("matcher", "lianou_catalogues_total", "refused") == n + 2 + i)
    check("each is told in the log", look.log("matcher").count("catalogue refused") >= 6)
    check("the matcher says that it has refused", not look.ready("matcher", "catalogue")["holds"])
    shown = bus.town.lianou("policy", "show").stdout
    check("policy show names what is refused, and why",
          shown.count("refused / 不采用") == 6 and "未签名" in shown and foreign["signer"] in shown, shown)
    bus.submit(severe(21, "under-attack"))
    got = amount(bus, "under-attack")
    check("who applies meanwhile gets what the last good one says", got == before, got)
    return foreign


def the_bureaus_catalogue(bus, look, before):
    taken = look.count("matcher", "lianou_catalogues_total", "taken")
    care(OURS, before + 100)
    out = bus.town.lianou("policy", "publish", "--config", str(OURS)).stdout
    version = re.search(r"published.*?: (\w{16}),", out).group(1)
    look.until("signed by the bureau: taken up",
               lambda: look.count("matcher", "lianou_catalogues_total", "taken") == taken + 1)
    check("the condition holds again", look.ready("matcher", "catalogue")["holds"])
    bus.submit(severe(22, "signed"))
    got = amount(bus, "signed")
    check("and rules", got == before + 100, got)
    shown = bus.town.lianou("policy", "show").stdout
    check("policy show knows it is in force", "in force today / 今日采用: " + version in shown, shown)
    return version


def what_was_signed_for_else(bus, look, before):
    """The bureau's own word, turned: another day, another time, sent again."""
    first = [r for r in on_topic(bus, "catalogue") if r["signature"]][-1]
    n = look.count("matcher", "lianou_catalogues_total", "refused")
    send(bus, "catalogue", dict(first, effective_from=first["effective_from"] - datetime.timedelta(1)))
    look.until("with another first day: refused", lambda: look.count("matcher", "lianou_catalogues_total", "refused") == n + 1)
    care(OURS, before + 200)
    bus.town.lianou("policy", "publish", "--config", str(OURS))
    look.until("the next one is taken up", lambda: look.ready("matcher", "catalogue")["holds"])
    bus.submit(severe(23, "next"))
    check("the next one rules", amount(bus, "next") == before + 200)
    for _ in range(3):
        send(bus, "catalogue", first)
    time.sleep(3)
    bus.submit(severe(24, "replayed"))
    got = amount(bus, "replayed")
    check("the earlier one sent again brings nothing back", got == before + 200, got)


def door(bus, application):
    """What intake answers: the status, and the codes of its faults."""
    body = json.dumps(application).encode()
    rq = urllib.request.Request("http://127.0.0.1:%s/v1/applications" % bus.town.env["LIANOU_PORT_INTAKE"], body,
                                {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(rq) as r:
            return r.status, []
    except urllib.error.HTTPError as e:
        return e.code, [f["code"] for f in json.load(e).get("faults", [])]


def who_takes_down(bus, look):
    """The village's assistant is replaced by date (S55): the door knows at once,
    and no foreign register makes anybody one."""
    spoken = dict(severe(30, "by-the-old-one"), channel="SPOKEN", evidence={"read_back": "本人"})
    was = spoken["operator"]
    now = dict(was, operator_id="op-009003")
    check("the assistant of the register takes down", door(bus, spoken) == (202, []))
    by_the_new = dict(severe(31, "by-the-new-one"), channel="SPOKEN", evidence={"read_back": "本人"}, operator=now, helper=now)
    check("one who is not in it does not", door(bus, by_the_new) == (422, ["OPERATOR", "OPERATOR"]))
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
    for folder in (THEIRS, OURS):
        path = folder / "registers/operators.csv"
        rows = path.read_text()
        line = next(x for x in rows.splitlines() if x.startswith(was["operator_id"] + ","))
        path.write_text(rows.replace(line, "%s%s\nop-009003,王小芳,%s,assistant,,%s," % (
            line, today - datetime.timedelta(1), was["org_code"], today)))
        taken, refused = (look.count("intake", "lianou_registers_total", x) for x in ("taken", "refused"))
        if folder == THEIRS:
            theirs_signed(bus, "register", "publish")
            look.until("intake: a foreign register is refused", lambda: look.count("intake", "lianou_registers_total", "refused") > refused)
            check("intake: it is ready all the same", door(bus, dict(spoken, channel_reference="meanwhile")) == (202, []))
            check("intake: who is only in that one does not take down", door(bus, by_the_new) == (422, ["OPERATOR", "OPERATOR"]))
        else:
            bus.town.lianou("register", "publish", "--config", str(OURS))
            look.until("intake: the bureau's is taken up", lambda: look.count("intake", "lianou_registers_total", "taken") > taken)
    check("the new assistant takes down", door(bus, by_the_new) == (202, []))
    got = door(bus, dict(spoken, channel_reference="afterwards"))
    check("the old one does not any more", got == (422, ["OPERATOR", "OPERATOR"]), got)
    listed = WORK / "list.jsonl"
    listed.write_text(json.dumps(dict(spoken, channel_reference="by-a-command")) + "\n")
    r = bus.town.lianou("intake", "submit", str(listed), check=False)
    check("nor by a command, whose folder still knows him", r.returncode == 1 and "1 drafts with faults" in r.stdout, r.stdout + r.stderr)


def another_implementation(bus):
    """GmSSL's word on what stands on the topics, and our program on GmSSL's."""
    public = bus.town.env["LIANOU_BUREAU_PUBLIC"]
    for kind in ("catalogue", "register"):
        mine = [r for r in on_topic(bus, kind) if r["signature"] and publication.verifies(
            public, publication.text_of(kind, COUNTY, r), r["signature"])]
        check("GmSSL verifies the bureau's %s by the page's text" % kind, mine, len(mine))
        for r in mine:
            text = publication.text_of(kind, COUNTY, r)
            check("  and nothing else", not publication.verifies(public, text + b" ", r["signature"]) and
                  not publication.verifies(bus.town.foreign, text, r["signature"]))
    import gmssl_pyx
    secret_public, secret = gmssl_pyx.sm2_key_generate()
    signed = WORK / "text"
    signed.write_bytes(b"a text\n")
    signature = gmssl_pyx.sm2_sign(secret, secret_public, signed.read_bytes())
    r = bus.town.lianou("seal", "verify", "--signer", "04" + secret_public.hex(), "--signature", signature.hex(), str(signed),
                        check=False)
    check("lianou seal verify knows GmSSL's signature", r.returncode == 0, r.stdout + r.stderr)


def registers(bus, look):
    n = {role: look.count(role, "lianou_registers_total", "refused") for role in ("matcher",)}
    with open(THEIRS / "registers/operators.csv", "a") as f:
        f.write("op-evil,王小偷,MZ,director,,2020-09-29,\n")
    theirs_signed(bus, "register", "publish")
    foreign = on_topic(bus, "register")[-1]
    send(bus, "register", dict(foreign, signer="", signature=b""))
    for role in n:
        look.until(role + ": a foreign and an unsigned register are refused",
                   lambda: look.count(role, "lianou_registers_total", "refused") == n[role] + 2)
        check(role + ": the log says why", "register refused" in look.log(role) and "未签名" in look.log(role))
        check(role + ": the condition says so", not look.ready(role, "register")["holds"])
        check(role + ": none was taken up", "register taken up" not in look.log(role))
    out = bus.town.lianou("register", "publish", "--config", str(OURS)).stdout
    version = re.search(r"published.*?: (\w{16}),", out).group(1)
    for role in n:
        look.until(role + ": the bureau's is taken up", lambda: 'register taken up" what="' + version in look.log(role))
        check(role + ": and the condition holds again", look.ready(role, "register")["holds"])
    older = on_topic(bus, "register")[-1]
    time.sleep(1)
    with open(OURS / "registers/operators.csv", "a") as f:
        f.write("op-009001,王小明,MZ,clerk,,2020-09-29,\n")
    out = bus.town.lianou("register", "publish", "--config", str(OURS)).stdout
    newer = re.search(r"published.*?: (\w{16}),", out).group(1)
    for role in n:
        look.until(role + ": the next one, too", lambda: 'what="' + newer in look.log(role))
        taken = look.count(role, "lianou_registers_total", "taken")
        refused = look.count(role, "lianou_registers_total", "refused")
        send(bus, "register", older)
        look.until(role + ": an older one is refused", lambda: look.count(role, "lianou_registers_total", "refused") > refused)
        check(role + ": and not taken up", look.count(role, "lianou_registers_total", "taken") == taken and
              "早于现行版本" in look.log(role))
    shown = bus.town.lianou("register", "show").stdout
    check("register show knows which is in force", "in force today / 今日采用: " + newer in shown and
          shown.count("refused / 不采用") == 2, shown)
    bus.town.kill("matcher")
    look.until("after a kill the matcher has the newest again", lambda: look.log("matcher").count('what="' + newer) == 2)


def the_command_refuses(bus):
    """Who publishes is told before anything is sent."""
    rows = on_topic(bus, "catalogue"), on_topic(bus, "register")
    for args in (("policy", "publish"), ("register", "publish")):
        r = bus.town.lianou(*args, "--config", str(OURS), "--key", str(WORK / "theirs.pem"), check=False)
        check(" ".join(args) + " with another key is refused", r.returncode != 0 and "every reader would refuse it" in r.stderr, r)
        kept = bus.town.env.pop("LIANOU_BUREAU_PUBLIC")
        r = bus.town.lianou(*args, "--config", str(OURS), check=False)
        bus.town.env["LIANOU_BUREAU_PUBLIC"] = kept
        check(" ".join(args) + " without bureau.public_key is refused", r.returncode != 0 and "bureau.public_key" in r.stderr, r)
    bus.town.bureau.chmod(0o644)
    r = bus.town.lianou("register", "publish", "--config", str(OURS), check=False)
    bus.town.bureau.chmod(0o600)
    check("register publish with a key that others may read is refused", r.returncode != 0 and "chmod 600" in r.stderr, r)
    check("and nothing was sent", (len(on_topic(bus, "catalogue")), len(on_topic(bus, "register"))) == tuple(map(len, rows)))


for folder in (OURS, THEIRS):
    shutil.copytree(SOURCE / "bus-config", folder)
bus = Bus(OURS, roles=("matcher", "dispatch", "ledger", "intake"))
del bus.town.env["LIANOU_REGISTERS"]  # what is published is each folder's own
good = False
try:
    look = Look(bus)
    bus.submit(severe(20, "before"))
    before = amount(bus, "before")
    care(OURS, before + 1)
    bus.town.lianou("policy", "publish", "--config", str(OURS))
    look.until("the bureau's first catalogue is taken up",
               lambda: look.count("matcher", "lianou_catalogues_total", "taken") == 1)
    refused_catalogues(bus, look, before + 1)
    the_bureaus_catalogue(bus, look, before + 1)
    what_was_signed_for_else(bus, look, before + 1)
    registers(bus, look)
    who_takes_down(bus, look)
    another_implementation(bus)
    the_command_refuses(bus)
    good = not faults
finally:
    bus.town.close(keep=not good)
    shutil.rmtree(WORK)
if faults:
    sys.exit("%d faults: %s" % (len(faults), "; ".join(faults)))
