"""T26-T28: clocks that jump, event times that lie, events in any order at the edges of buckets."""
import collections
import datetime
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
import duckdb
from harness import LONG, Server, wait_until
from traffic import Sender, make_event

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))
HOUR_MS = 3_600_000


class FakeTime:
    """libfaketime for one server; the time of day follows a file, the monotonic clock stays real."""
    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

    def __init__(self, folder):
        self.file = folder / "faketime"
        self.set("+0")
        self.env = {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": str(self.file),
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}

    def set(self, what):
        """'+3600' and the like, or '1970-01-02 00:00:00' (frozen), or '@…' (running from there)."""
        temp = self.file.with_suffix(".new")
        temp.write_text(what + "\n")
        temp.rename(self.file)


class TimelessSender(Sender):
    """Leaves the event time to the server, so that no step of its clock makes an event too old."""

    def make_batch(self):
        events = [make_event(self.rng, 0) for _ in range(self.batch_events)]
        for event in events:
            del event["ts"]
        return events


class Clock(unittest.TestCase):
    def flows(self, sender, server):
        acked = sender.acked_batches
        wait_until("traffic", lambda: sender.error or server.exited() or sender.acked_batches > acked + 3)
        self.assertFalse(server.exited(), server.log_tail())
        self.assertIsNone(sender.error)

    def run_through(self, steps, windows):
        print("seed", SEED, flush=True)
        with Server("--set", "store.commit_interval_ms=50") as server:
            server.stop()
            fake = FakeTime(server.folder)
            server.env = fake.env
            sender = TimelessSender(server, SEED)
            positions = []
            for index, step in enumerate(steps):
                fake.set(step)
                if index == 0 or server.exited():
                    server.start()
                    server.ready()
                if sender.ident is None:
                    sender.start()
                self.flows(sender, server)
                positions.append(int(sender.position.rsplit("-", 1)[1]))
                # The key was made in another time; limits on it use no wall clock.
                self.assertEqual(server.get("/v1/report?metrics=clicks&start_date=2020-01-01"
                                            "&end_date=2020-01-02").status, 200)
            sender.stop()
            self.assertEqual(positions, sorted(positions))
            self.assertEqual(server.stop(), 0, server.log_tail())
            check.check_verify(server)
            rows = check.check_stopped(server.data, sender.ledger)
            check.check_replay(server)
            self.assertEqual(sorted(rows), sorted(check.check_stopped(server.data, sender.ledger)), "I5")
            server.env = {}
            server.start()  # the real time again
            server.ready()
            total = sum(server.report(**w, metrics="gross_events")["totals"]["gross_events"] for w in windows)
            self.assertEqual(total, sum(r[4] == "counted" for r in rows))
            self.assertEqual(server.stop(), 0, server.log_tail())
            self.check_log_time(server)

    def check_log_time(self, server):
        """Log time never goes back, across every step and restart."""
        files = [str(f) for f in (server.data / "lake" / "events").rglob("*.parquet")]
        with duckdb.connect() as db:
            columns = [c[0] for c in db.execute("describe select * from read_parquet(?)", [files]).fetchall()]
            self.assertIn("seq", columns)
            times = [r[0] for r in db.execute(
                "select epoch_us(log_time) from read_parquet(?) order by seq", [files]).fetchall()]
        self.assertEqual(times, sorted(times))

    def test_t26_steps_of_an_hour_and_a_clock_that_stands(self):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        self.run_through(["+0", "+3600", "+0", "-3600", now, "+0"], [check.WIDE])

    def test_t26_the_years_1970_and_2106(self):
        windows = [{"from": "1970-01-01T00:00:00Z", "to": "1971-01-01T00:00:00Z"}, check.WIDE,
                   {"from": "2106-01-01T00:00:00Z", "to": "2107-01-01T00:00:00Z"}]
        self.run_through(["@1970-01-02 00:00:00", "+0", "@2106-02-07 06:28:10", "+0"], windows)


class EventTime(unittest.TestCase):
    def send(self, server, **event):
        value = {"event_id": f"t{random.random()}", "event_type": "click", "campaign_id": "9", **event}
        return server.post("/v1/events", value)

    def test_t27_event_times_that_lie_are_refused_or_read_as_they_were_meant(self):
        with Server() as server:
            server.ready()
            now = int(time.time() * 1000)
            good = self.send(server, ts=now)
            self.assertEqual(good.status, 202)
            before = server.report(**check.WIDE, metrics="clicks", after=good.json()["position"], wait_ms=20000)
            year = 365 * 24 * HOUR_MS
            lies = {"timestamp_in_future": [now + 10 * year, (now + 10 * year) * 1000, now + 25 * HOUR_MS],
                    "timestamp_too_old": [now - 10 * year, now - 73 * HOUR_MS]}
            for code, times in lies.items():
                for ts in times:
                    answer = self.send(server, ts=ts)
                    self.assertEqual((answer.status, answer.json()["code"]), (422, code), (ts, answer.body))
            for ts in (-1, -now, -(10 ** 18), 0, 12345, 10 ** 30, 1.5, "yesterday", "2026-13-45T00:00:00Z"):
                answer = self.send(server, ts=ts)
                self.assertEqual(answer.status, 422, (ts, answer.body))
            for ts, code in ((now // 1000, "seconds_assumed"), (now * 1000, None), (now + 6 * 60_000, "clock_skew")):
                answer = self.send(server, ts=ts)
                self.assertEqual(answer.status, 202, (ts, answer.body))
                if code:
                    self.assertEqual([w["code"] for w in answer.json()["warnings"]], [code])
                last = answer
            after = server.report(**check.WIDE, metrics="clicks", dimensions="hour",
                                  after=last.json()["position"], wait_ms=20000)
            self.assertEqual(after["totals"]["clicks"], before["totals"]["clicks"] + 3)  # I4
            moved = abs(self.as_of(after) - self.as_of(before))
            self.assertLess(moved, 600, "the lies moved the watermark")
            self.assertEqual(server.stop(), 0)
            check.check_verify(server)

    def as_of(self, report):
        text = report["freshness"]["data_as_of"].replace("Z", "+00:00")
        return datetime.datetime.fromisoformat(text).timestamp()

    def edge_times(self, rng, now_ms, count):
        """Around the edges of minutes, hours and days of the last three days, to the millisecond."""
        times = []
        for _ in range(count):
            unit = rng.choice([60_000, HOUR_MS, 24 * HOUR_MS])
            edge = (now_ms - rng.randrange(70 * HOUR_MS)) // unit * unit
            ts = edge + rng.choice([-1, 0, 1, rng.randrange(-60_000, 60_000)])
            times.append(min(max(ts, now_ms - 71 * HOUR_MS), now_ms))
        return times

    def test_t28_late_and_disordered_events_count_where_they_happened(self):
        print("seed", SEED, flush=True)
        rng = random.Random(SEED)
        now = int(time.time() * 1000)
        times = self.edge_times(rng, now, 20000 if LONG else 2000)
        events = [{"event_id": f"d{i}", "event_type": rng.choice(["click", "impression"]), "ts": ts,
                   "campaign_id": str(rng.randrange(3)), "user_id": f"u{i % 97}"} for i, ts in enumerate(times)]
        events += [rng.choice(events) for _ in range(len(events) // 10)]  # repeats
        rng.shuffle(events)
        with Server("--set", "store.commit_interval_ms=50") as server:
            server.ready()
            cuts = sorted(rng.sample(range(1, len(events)), 30))
            for begin, end in zip([0] + cuts, cuts + [len(events)]):
                answer = server.post("/v1/events", events[begin:end])
                self.assertEqual((answer.status, answer.json()["rejected"]), (202, []), answer.body)
            position = answer.json()["position"]
            self.assert_equals_reference(server, events, position)
            self.assertEqual(server.stop(), 0)
            check.check_verify(server)
            server.start()
            server.ready()
            self.assert_equals_reference(server, events, position)

    def assert_equals_reference(self, server, events, position):
        """The reference: first of each id, counted in the bucket of its own time."""
        for name, unit in (("minute", 60_000), ("hour", HOUR_MS), ("day", 24 * HOUR_MS)):
            expected, seen = collections.Counter(), set()
            for event in events:
                if event["event_id"] not in seen:
                    seen.add(event["event_id"])
                    expected[event["ts"] // unit * unit, event["campaign_id"], event["event_type"]] += 1
            now_ms = int(time.time() * 1000)
            report = server.report(**{"from": now_ms - 96 * HOUR_MS, "to": now_ms + HOUR_MS}, limit=100000,
                                   metrics="clicks,impressions", dimensions=f"{name},campaign_id",
                                   after=position, wait_ms=20000)
            got = collections.Counter()
            for row in report["rows"]:
                text = row[name].replace("Z", "+00:00")
                bucket = datetime.datetime.fromisoformat(text)
                if bucket.tzinfo is None:
                    bucket = bucket.replace(tzinfo=datetime.timezone.utc)
                for kind in ("click", "impression"):
                    if row[kind + "s"]:
                        got[int(bucket.timestamp() * 1000), row["campaign_id"], kind] = row[kind + "s"]
            self.assertEqual(got, expected, name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
