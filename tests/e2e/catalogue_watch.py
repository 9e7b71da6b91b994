#!/usr/bin/env python3
"""A catalogue is published while the matcher runs: who is touched is judged
anew, nobody else; a faulty one changes nothing; a kill in the middle changes
nothing; what was decided between two catalogues stands (drill D13)."""
import json
import pathlib
import re
import shutil
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request

from county import SCHEMAS, SOURCE, Bus, Patience, application

sys.path.append(str(SOURCE / "tests/security"))
import publication  # noqa: E402

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="lianou-watch-")) / "bus-config"
shutil.copytree(SOURCE / "bus-config", FOLDER)
STANDARDS = FOLDER / "standards.yaml"
NURSING = FOLDER / "policies/MZ/MZ12.yaml"


def severe(order, reference, **changes):
    """A household with a severely disabled person, or one without; `None` says
    nothing of disability at all."""
    a = application(order, "WEB", reference)
    grade = changes.get("grade", 1)
    if grade is not None:
        a["members"][0]["facts"].update(disability_grade=grade, care_months=12 if grade else 0,
                                        disability_category="physical" if grade else "none")
    return a


def care(fen):
    """The standard of grade 1 becomes `fen` from today on."""
    text = STANDARDS.read_text()
    changed = re.sub(r"(disability_care_1_fen:(?:.*\n)*?.*from: 2020-01-01, value: )\d+", r"\g<1>%d" % fen, text, count=1)
    assert changed != text
    STANDARDS.write_text(changed)


def publish(bus, *args):
    out = bus.town.lianou("policy", "publish", "--config", str(FOLDER), *args).stdout
    return re.search(r"published.*?: (\w{16}),", out).group(1)


def judged(bus, quiet=0.3):
    """reference -> versions it was evaluated by, in order, once nothing more
    comes for `quiet` seconds."""
    bus.take(quiet)
    names = {r["household_id"]: r["channel_reference"] for _, r in bus.events("application")}
    found = {n: [] for n in names.values()}
    for _, r in sorted(bus.events("evaluation"), key=lambda e: e[1]["facts_version"]):
        found[names[r["household_id"]]].append(r["catalogue_version"])
    return found


def wait_for(bus, reference, version, seconds=40):
    patience = Patience(seconds, bus.town.moved)
    while version not in judged(bus)[reference]:
        assert not patience.over(), "%s was not judged by %s: %s" % (reference, version, judged(bus))


def nursing(bus, reference, action):
    home = next(r["household_id"] for _, r in bus.events("application") if r["channel_reference"] == reference)
    return [r for _, r in bus.events("assignment", 1, item="MZ12", household_id=home, action=action)][-1]


def health(bus):
    url = "http://127.0.0.1:%s/" % bus.town.env["LIANOU_PORT_MATCHER"]
    try:
        ready = json.load(urllib.request.urlopen(url + "readyz"))
    except urllib.error.HTTPError as e:
        ready = json.load(e)
    return next(c for c in ready["conditions"] if c["name"] == "catalogue"), \
        urllib.request.urlopen(url + "metrics").read().decode()


def until(bus, holds, metric):
    patience = Patience(10, bus.town.moved)
    while not patience.over():
        state, metrics = health(bus)
        if state["holds"] == holds and metric in metrics:
            return state
        time.sleep(0.2)
    raise AssertionError((state, metrics))


def only_the_touched(bus):
    bus.submit(severe(11, "touched"), severe(12, "other", grade=0), severe(13, "silent", grade=None))
    bus.events("evaluation", 3)
    first = judged(bus)
    old, = {v for vs in first.values() for v in vs}
    amount = nursing(bus, "touched", "ASSIGNED")["amount_fen"]
    care(amount + 100)
    new = publish(bus)
    wait_for(bus, "touched", new)
    now = judged(bus, 3)
    assert now == {"touched": [old, new], "other": [old], "silent": [old]}, now
    assert nursing(bus, "touched", "UPDATED")["amount_fen"] == amount + 100
    bus.submit(severe(14, "later"))
    wait_for(bus, "later", new)
    assert judged(bus)["later"] == [new]
    print("published", new, "over", old, "- judged anew:", now)
    return new


def a_faulty_one_changes_nothing(bus, version):
    good = NURSING.read_text()
    assert "standard.care_months_floor" in good, good
    NURSING.write_text(good.replace("standard.care_months_floor", "standard.care_months_flor", 1))
    r = bus.town.lianou("policy", "publish", "--config", str(FOLDER), check=False)
    assert r.returncode != 0 and re.search(r"MZ12.yaml:\d+:\d+.*did you mean 'care_months_floor'", r.stdout), r
    NURSING.write_text(good)
    # One that the bureau signed with another program, its digests in order and its rule not.
    bus.town.lianou("policy", "export", str(FOLDER.parent / "a.tar"), "--unsigned", "--config", str(FOLDER))
    files = {}
    with tarfile.open(FOLDER.parent / "a.tar") as tar:
        for m in tar:
            files[m.name] = tar.extractfile(m).read()
    files["policies/MZ/MZ12.yaml"] = files["policies/MZ/MZ12.yaml"].replace(b"care_months_floor", b"care_months_flor", 1)
    files.pop("MANIFEST")
    archive = publication.pack("catalogue", "371425", "ffffffffffffffff", files)
    now = int(time.time() * 1000)
    text = FOLDER.parent / "text"
    text.write_bytes(publication.text("catalogue", "371425", "ffffffffffffffff", "1970-01-01", now, archive))
    signature = bytes.fromhex(bus.town.lianou("seal", "sign", "--key", str(bus.town.bureau), str(text)).stdout.strip())
    record = dict(version="ffffffffffffffff", effective_from=0, published_at=now, archive=archive, signer="", signature=signature)
    bus.producer.produce("qihe.catalogue", key=b"ffffffffffffffff", value=publication.framed(SCHEMAS, "catalogue", record))
    bus.producer.produce("qihe.catalogue", key=b"x", value=b"not a catalogue")
    assert bus.producer.flush(20) == 0
    state = until(bus, False, 'lianou_catalogues_total{outcome="refused"} 2')
    assert not state["holds"] and "refused, what was in force stays" in state["why"], state
    log = (bus.town.dir / "matcher.log").read_text()
    assert re.search(r"catalogue ffffffffffffffff refused.*policies/MZ/MZ12.yaml:\d+:\d+: .*did you mean 'care_months_floor'", log), log[-2000:]
    bus.submit(severe(15, "meanwhile"))
    wait_for(bus, "meanwhile", version)
    print("refused, and the matcher goes on:", state["why"])


def a_later_day_waits(bus):
    care(77700)
    version = publish(bus, "--effective", time.strftime("%Y-%m-%d", time.localtime(time.time() + 86400 * 40)))
    until(bus, True, 'lianou_catalogues_total{outcome="taken"} ')
    assert not any(version in v for v in judged(bus, 2).values())
    print("known, and waits for its day:", version)


def a_kill_in_the_middle(bus):
    before = judged(bus)
    care(44400)
    version = publish(bus)
    time.sleep(0.3)
    bus.town.kill("matcher")
    for name in ("touched", "later", "meanwhile"):
        wait_for(bus, name, version)
    bus.town.kill("matcher")
    now = judged(bus, 6)
    for name, versions in now.items():
        assert versions == before[name] + ([version] if name in ("touched", "later", "meanwhile") else []), (name, now)
    print("killed twice, each touched household judged once by", version)


def between_two_catalogues(bus):
    """D13: the decision crosses the new catalogue."""
    first = nursing(bus, "touched", "UPDATED")
    bus.decide(first, 123400)
    taken = [r for _, r in bus.events("case_event", 1, kind="DECISION_ACCEPTED")]
    assert taken[0]["decision"]["amount_fen"] == 123400 and taken[0]["case_id"] == first["case_id"]
    text = NURSING.read_text()
    assert text.count("grade_in_force in [1..2]") == 2, text
    NURSING.write_text(text.replace("grade_in_force in [1..2]", "grade_in_force in [3..4]"))
    version = publish(bus)
    wait_for(bus, "later", version)
    gone = nursing(bus, "later", "WITHDRAWN")
    bus.decide(gone, 99900)
    (_, note), = bus.events("case_event", 1, kind="RESULT_FOLDED", note="DECISION_CROSSED_WITHDRAWAL")
    assert note["case_id"] == gone["case_id"]
    orders = bus.events("delivery_task", 1)  # decide() asks for cash at the post
    assert [r["amount_fen"] for _, r in orders] == [123400], orders
    assert not any(r["amount_fen"] == 99900 for _, r in orders)
    bus.held("D13", "a decision before the new catalogue stands; one that crossed a withdrawal pays nothing")


bus = Bus(FOLDER)
good = False
try:
    version = only_the_touched(bus)
    a_faulty_one_changes_nothing(bus, version)
    a_later_day_waits(bus)
    a_kill_in_the_middle(bus)
    between_two_catalogues(bus)
    good = True
finally:
    bus.town.close(keep=not good)
