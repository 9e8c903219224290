"""How many of each kind of bot the default rules find, and how many people they take for one, on
labelled synthetic traffic (traffic_generator.py). The library judges it by way of judge_events.cpp."""
import collections
import os
import pathlib
import subprocess
import tempfile
import unittest

import traffic_generator

SEED = int(os.environ.get("ADBACUS_SEED", 20261121))
INVALID = {"machine", "givt", "sivt"}

# Label, what counts as found, the least share. Flags are found by their reason: by themselves they
# change no class (docs/invalid_traffic.md).
RECALL = [
    ("crawler", "class givt", 1.0),
    ("library bot", "class givt", 1.0),
    ("data-centre bot", "class givt", 1.0),
    ("prefetch", "class machine", 1.0),
    ("honeypot", "class sivt", 1.0),
    ("caught bot", "class sivt", 0.99),
    ("token replay", "class sivt", 0.99),
    ("injected install", "class sivt", 0.99),
    ("instant install", "class sivt", 0.99),
    ("blind clicker", "class suspect", 0.99),
    ("click flood", "reason user_velocity", 0.4),  # the first 60 of each minute are not over the limit
    ("farm install", "reason install_farm", 0.6),  # nor the first 10 of an hour
    ("flooded install", "reason flooding", 0.6),   # nor the first 50 of a window
]
PEOPLE_INVALID_MAX = 0.005


def lines(events):
    return "".join("\t".join(f"{name}={value}" for name, value in event.fields.items()) + "\n" for event in events)


class InvalidTraffic(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}")
        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as listed:
            listed.write("\n".join(traffic_generator.DATA_CENTRES))
        cls.addClassCleanup(pathlib.Path(listed.name).unlink)
        cls.list = listed.name
        cls.events = traffic_generator.generate(SEED)
        cls.verdicts = cls.judge(cls.events)
        cls.by_label = collections.defaultdict(list)
        for event, verdict in zip(cls.events, cls.verdicts):
            cls.by_label[event.label].append(verdict)

    @classmethod
    def judge(cls, events):
        """(class, repeat or counted, score, set of reasons) of each event."""
        judged = subprocess.run([os.environ["ADBACUS_JUDGE_EVENTS"], cls.list], input=lines(events), text=True,
                                capture_output=True, check=True, timeout=300).stdout
        rows = [row.split("\t") for row in judged.splitlines()]
        return [(row[0], row[1], int(row[2]), frozenset(filter(None, row[3].split(", ")))) for row in rows]

    def people(self):
        return [v for label, verdicts in self.by_label.items() if label.startswith("human") for v in verdicts]

    def test_each_kind_of_bot_is_found(self):
        for label, what, least in RECALL:
            kind, name = what.split(" ", 1)
            verdicts = self.by_label[label]
            found = sum(v[0] == name if kind == "class" else name in v[3] for v in verdicts)
            share = found / len(verdicts)
            print(f"{label:18} {len(verdicts):6} events, {what:22} {share:8.2%}")
            with self.subTest(label):
                self.assertGreaterEqual(share, least)

    def test_people_are_taken_for_people(self):
        for label in sorted(self.by_label):
            if label.startswith("human"):
                classes = collections.Counter(v[0] for v in self.by_label[label])
                reasons = collections.Counter(reason for v in self.by_label[label] for reason in v[3])
                print(f"{label:18} {len(self.by_label[label]):6} events, {dict(classes)} {dict(reasons)}")
        people = self.people()
        invalid = sum(v[0] in INVALID for v in people)
        suspect = sum(v[0] == "suspect" for v in people)
        print(f"people: {len(people)} events, invalid {invalid / len(people):.3%}, suspect {suspect / len(people):.3%}")
        self.assertGreater(len(people), 30_000)
        self.assertLessEqual(invalid / len(people), PEOPLE_INVALID_MAX)
        self.assertLessEqual(suspect / len(people), PEOPLE_INVALID_MAX)

    def test_a_replay_changes_no_verdict(self):
        self.assertEqual(self.judge(self.events), self.verdicts)

    def test_another_order_of_arrival_makes_nobody_invalid(self):
        """By event time alone: which click is judged before its impression changes, no list and no time does."""
        events = sorted(self.events, key=lambda event: (event.fields["time_us"], event.number))
        again = dict(zip((e.number for e in events), self.judge(events)))
        changed = [(e.label, v[0], again[e.number][0])
                   for e, v in zip(self.events, self.verdicts) if v[0] != again[e.number][0]]
        print(f"changed by order: {len(changed)} of {len(events)}", collections.Counter(changed).most_common(5))
        self.assertLessEqual(len(changed), len(events) // 200)
        for label, before, after in changed:
            if label.startswith("human"):
                self.assertTrue({before, after} <= {"valid", "suspect"}, (label, before, after))


if __name__ == "__main__":
    unittest.main()
