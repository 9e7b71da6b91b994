#!/usr/bin/env python3
"""The matcher's second lock, on torn transactions put in on purpose.

What a half committed transaction leaves is written into the `households` topic
and into the group's offsets, then the matcher is started; beside each the like
that is no fault:
  reread    the offsets go back to before an application whose state is whole:
            read once more, nothing is written twice, the matcher goes on
  repeated  a part of a state stands in the topic once more: it stops there
  half      of an application's state a part is missing and the offsets stand
            before it, so that its outputs would come twice: it stops there
A matcher that stops says the place in its log, and no output is written after.
"""
import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent.parent
PYTHON = os.environ.get("LIANOU_PYTHON")
if __name__ == "__main__" and PYTHON and not os.environ.get("FAULT_INNER"):
    os.environ["FAULT_INNER"] = "1"
    os.execv(PYTHON, [PYTHON] + sys.argv)
sys.path.insert(0, str(HERE.parent))
from patience import until  # noqa: E402
from run import skip  # noqa: E402
from town import Town  # noqa: E402

GROUP, FED = "qihe.matcher", 6


class Failed(Exception):
    pass


def need(holds, what):
    if not holds:
        raise Failed(what)


class Place:
    def __init__(self, program):
        self.town = Town(program)
        self.town.start("intake")
        lines = self.town.lianou("generate", "applications", str(FED), "--seed", "3").stdout
        (self.town.dir / "feed").write_text(lines)
        self.until(lambda: self.town.lianou("intake", "submit", str(self.town.dir / "feed"), check=False).returncode == 0,
                   "the applications are taken")

    def until(self, holds, what):
        got = until(holds, 30, self.town.moved)
        need(got, "nothing moved: " + what)
        return got

    def read(self, topic):
        from topics import to_the_end
        from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
        places = {("qihe." + topic, p) for p in range(4)}
        c = Consumer({"bootstrap.servers": self.town.bootstrap, "group.id": "lock", "isolation.level": "read_committed",
                      "enable.auto.commit": False, "enable.partition.eof": True})
        c.assign([TopicPartition(t, p, OFFSET_BEGINNING) for t, p in places])
        got = list(to_the_end(c, places))
        c.close()
        return got

    def offsets(self, set_to=None):
        """The group's, of the topic of applications; or sets them, once nobody is
        a member any more."""
        from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
        from confluent_kafka.admin import AdminClient
        admin = AdminClient({"bootstrap.servers": self.town.bootstrap})
        places = [TopicPartition("qihe.applications", p, *(() if set_to is None else (set_to[p],))) for p in range(4)]
        ask = admin.list_consumer_group_offsets if set_to is None else admin.alter_consumer_group_offsets

        def done():
            try:
                got = ask([ConsumerGroupTopicPartitions(GROUP, places)])[GROUP].result(20).topic_partitions
            except KafkaException as e:
                return print("  not yet:", e)
            return None if any(p.error for p in got) else got

        got = until(done, 30, self.town.moved)
        need(got, "the group's offsets")
        return {p.partition: max(p.offset, 0) for p in got}

    def write(self, topic, message, value):
        from confluent_kafka import Producer
        p = Producer({"bootstrap.servers": self.town.bootstrap})
        p.produce("qihe." + topic, value, message.key(), message.partition())
        need(p.flush(20) == 0, "written")

    def outputs(self):
        return sum(len(self.read(t)) for t in ("evaluations", "cases"))

    def begin(self):
        """A matcher that has to read its state from the topic; its log from now on."""
        shutil.rmtree(self.town.dir / "state/matcher", ignore_errors=True)
        self.log_from = len(self.log(0))
        self.town.start("matcher")

    def log(self, since=None):
        file = self.town.dir / "matcher.log"
        return file.read_text(errors="replace")[self.log_from if since is None else since:] if file.exists() else ""

    def end(self):
        """It goes on until it is told to stop."""
        p = self.town.roles.pop("matcher")
        need(p.poll() is None, "the matcher goes on: " + self.log()[-400:])
        p.terminate()
        need(p.wait(60) == 0, "the matcher ends well, not with %d: %s" % (p.returncode, self.log()[-400:]))

    def stops(self, passed, *words):
        """It says these words and ends; passed(): it has gone past the place."""
        p = self.town.roles["matcher"]
        self.until(lambda: p.poll() is not None or words[0] in self.log() or passed(), "the matcher notices")
        text = self.log()
        need(all(w in text for w in words), "the log has %s: %s" % (words, text[-600:]))
        self.until(lambda: p.poll() is not None, "the matcher stops")
        self.town.roles.pop("matcher")
        need(p.returncode != 0, "with a failure")

    def worked_off(self, ends):
        return lambda: self.offsets() == ends

    # -- what is put in

    def reread(self, ends):
        self.offsets(set_to={p: 0 for p in ends})
        need(self.offsets() != ends, "the offsets are set")
        before = self.outputs()
        self.begin()
        self.until(self.worked_off(ends), "all is read again")
        self.end()
        need(self.outputs() == before, "nothing is written twice: %d, %d" % (before, self.outputs()))

    def repeated(self, ends):
        case = next(m for m in self.read("households") if m.value() and len(m.key()) == 36)
        self.write("households", case, case.value())
        before = self.outputs()
        self.begin()
        self.stops(lambda: 'condition="assigned"' in self.log(), "stands behind", "qihe.households[%d]" % case.partition(), case.key().decode())
        need(self.outputs() == before, "nothing is written after it")

    def half(self, ends):
        """Of a household with assignments: they say which event wrote them, even
        where another has written its case since."""
        states = self.read("households")
        assigned = {m.key()[:36] for m in states if m.key().endswith(b"/0")}
        facts = next(m for m in states if m.value() and m.key().endswith(b"/f") and m.key()[:36] in assigned)
        first = next(m for m in self.read("applications") if m.key() == facts.key()[:36])
        self.write("households", facts, None)
        self.offsets(set_to={**ends, facts.partition(): first.offset()})
        before = self.outputs()
        self.begin()
        place = "qihe.applications[%d] offset %d" % (first.partition(), first.offset())
        self.stops(self.worked_off(ends), "outputs were written before", place, first.key().decode())
        need(self.outputs() == before, "nothing is written after it")


def main():
    if not PYTHON or not os.environ.get("LIANOU_KAFKA_HOME"):
        skip("LIANOU_PYTHON or LIANOU_KAFKA_HOME is not set; ops/test makes them")
    program = os.environ.get("LIANOU_PROGRAM") or os.environ.get("LIANOU_BUILT") or str(SOURCE / "build/release/ops/lianou")
    place, good = Place(program), False
    try:
        place.begin()
        place.until(lambda: place.outputs() >= 2 * FED and sum(place.offsets().values()) >= FED, "all are judged")
        place.end()
        ends = place.offsets()
        for name in ("reread", "half", "repeated"):
            getattr(place, name)(ends)
            print("%-9s as it should be" % name, flush=True)
        good = True
    except Failed as e:
        print("FAILED:", e)
    finally:
        place.town.close(keep=not good)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
