"""`make bench`: rows run against a real server, and what it computes agrees with plain counting.
Nothing here asserts a speed."""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest

from harness import ROOT, Server, wait_until

BENCH = ROOT / "tests" / "bench" / "end_to_end"
sys.path.insert(0, str(BENCH))
import bench
import disk_use
import figures
import machine
import rows_fold
import rows_memory


class Program(unittest.TestCase):
    def bench(self, *args):
        with tempfile.TemporaryDirectory(prefix="adbacus-test-") as folder:
            results = pathlib.Path(folder) / "out" / "results.json"
            done = subprocess.run(
                [sys.executable, str(BENCH / "run.py"), "--quick", "--seconds", "1", "--json",
                 str(results), "--folder", folder, *args],
                capture_output=True, text=True, timeout=300, check=False)
            left = [path.name for path in pathlib.Path(folder).iterdir() if path.name != "out"]
            self.assertEqual(left, [], "data folders are removed")
            value = json.loads(results.read_text()) if results.exists() else None
            return done, value

    def test_a_row_gives_its_figures_as_table_and_as_json(self):
        done, value = self.bench("--rows", "P1 P4")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["row"] for row in value["rows"]], ["P1", "P4"])
        for row in value["rows"]:
            self.assertIsNone(row["error"])
            for figure in row["figures"]:
                self.assertEqual(len(figure["values"]), 1)
                self.assertGreater(figure["median"], 0)
            self.assertEqual(row["runs"][0]["detail"]["load"]["errors"], 0)
        self.assertGreater(value["machine"]["cores"], 0)
        self.assertIn("| P1 | durable acknowledgement, 100 events a request |", done.stdout)
        self.assertIn("P4 needs P2", done.stderr)

    def test_unknown_rows_are_refused_before_anything_is_measured(self):
        done, value = self.bench("--rows", "P1 P77")
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no row P77", done.stderr)
        self.assertIsNone(value)


class DiskUse(unittest.TestCase):
    def test_counts_what_was_written_and_nothing_else(self):
        events = [{"event_id": f"e-{i}", "event_type": "click", "ts": int(time.time() * 1000),
                   "user_id": "u" * 100, "campaign_id": i % 7} for i in range(500)]
        with Server("--set", "log.segment_mb=1") as server:
            server.ready()
            for begin in range(0, len(events), 50):
                answer = server.post("/v1/events", events[begin:begin + 50])
                self.assertEqual(answer.status, 202)
            position = answer.json()["position"]
            report = {"metrics": "clicks", "dimensions": "event_type", "after": position,
                      "start_date": time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400)),
                      "end_date": time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))}
            # A raw query has the lake cut what it holds.
            self.assertEqual(server.report(**report)["totals"]["clicks"], 500)
            wait_until("the lake shows all events",
                       lambda: disk_use.lake_use(server.data)["rows"] == 500)
            log, lake = disk_use.log_use(server.data), disk_use.lake_use(server.data)
            on_disk = sum(path.stat().st_size
                          for path in (server.data / "lake" / "events").rglob("*.parquet"))
        self.assertEqual(lake["bytes"], on_disk)
        self.assertGreater(log["segment_bytes"], 500 * 110)  # at least the user ids
        self.assertLess(log["segment_bytes"], 500 * 200 + 10 * 2 * 4096 + 2 * 4096)
        self.assertGreaterEqual(log["id_bytes"], 500 * 12)

    def test_p10_merges_the_lake_of_a_closed_hour(self):
        now_ms = int(time.time() * 1000)
        day = {"start_date": time.strftime("%Y-%m-%d", time.gmtime(now_ms / 1000 - 86400)),
               "end_date": time.strftime("%Y-%m-%d", time.gmtime(now_ms / 1000 + 86400))}
        with tempfile.TemporaryDirectory(prefix="adbacus-test-") as folder:
            with bench.BenchServer(data=folder) as server:
                server.ready()
                for i in range(6):  # a raw query after each, so that each is a file of its own
                    position = server.post_event({"event_id": f"e-{i}", "event_type": "click",
                                                  "ts": now_ms, "campaign_id": 1})
                    server.report(metrics="clicks", dimensions="event_type", after=position, **day)
                self.assertEqual(server.stop(), 0)
                before = disk_use.lake_use(server.data)
                merges = rows_memory.compact_lake(server, quiet_s=2)
                after = disk_use.lake_use(server.data)
        self.assertEqual((before["files"], before["rows"]), (6, 6))
        self.assertEqual((merges, after["files"], after["rows"]), (1, 2, 7))
        self.assertLess(rows_memory.per_row(after), rows_memory.per_row(before))


class Search(unittest.TestCase):
    """The search for the greatest sustained rate, against a server that is a number."""

    def setUp(self):
        self.real = rows_fold.attempt
        self.addCleanup(setattr, rows_fold, "attempt", self.real)

    def sustained_by(self, capacity, top):
        def attempt(_, rate):
            reached = rate or top
            return {"rate": rate, "events_per_s": reached, "counts": reached <= capacity,
                    "lag_max_s": 0.0}
        rows_fold.attempt = attempt

    def test_finds_the_greatest_step_that_counts(self):
        seed = random.randrange(10**6)
        print("seed", seed, flush=True)
        rng = random.Random(seed)
        for _ in range(200):
            top, capacity = rng.uniform(1e5, 3e6), rng.uniform(1e4, 3e6)
            self.sustained_by(capacity, top)
            best = rows_fold.search(None, [rows_fold.attempt(None, 0)])
            steps = [round(top * step / 20) for step in range(1, 20)]
            expected = max((step for step in steps if step <= capacity), default=None)
            self.assertEqual(best and best["rate"], expected)

    def test_steps_down_from_an_earlier_rate_until_it_counts(self):
        self.sustained_by(capacity=800, top=2000)
        self.assertEqual(rows_fold.step_down(None, [], 1000)["rate"], 800)
        self.assertEqual(rows_fold.step_down(None, [], 700)["rate"], 700)
        self.assertIsNone(rows_fold.step_down(None, [], 10_000))


class Figures(unittest.TestCase):
    def outcome(self, *values, less=False):
        figure = figures.Figure("P0", "x", "what", "ms" if less else "events/s", target=10, floor=5,
                                less_is_better=less)
        runs = [figures.Measured({"x": value}, "conditions") for value in values]
        return figures.RowOutcome("P0", [figure], runs), figure

    def test_the_median_decides(self):
        for values, verdict in (((4, 10, 30), "target met"), ((1, 9, 30), "below target"),
                                ((1, 4, 30), "BELOW FLOOR"), ((), "not measured")):
            outcome, figure = self.outcome(*values)
            self.assertEqual(outcome.verdict(figure), verdict)
            self.assertEqual(outcome.below_floor(), verdict == "BELOW FLOOR")

    def test_the_table_holds_least_median_and_greatest(self):
        outcome, _ = self.outcome(1_234_567, 2_000_000, 45_678)
        text = figures.table([outcome])
        self.assertIn("| 45.7 k events/s | 1.23 M events/s | 2 M events/s | ≥ 10 events/s |", text)
        self.assertIn("- P0: conditions; 3 runs.", text)

    def test_quantiles_are_values_that_were_seen(self):
        values = list(range(1, 201))
        self.assertEqual([machine.quantile(values, q) for q in (0.5, 0.99, 1.0)], [100, 198, 200])
        self.assertEqual(machine.quantile([7], 0.5), 7)


if __name__ == "__main__":
    unittest.main(verbosity=2)
