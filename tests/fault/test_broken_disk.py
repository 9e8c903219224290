"""T08, T15: writes that are interrupted, short or broken, and syncs that are slow."""
import os
import pathlib
import statistics
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import LONG, Server, wait_until
from injection import fiu, run_wrapped, strace
from traffic import Sender, merge

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))
STORE_INTERRUPTED = "store.duckdb\": Interrupted system call"
SMALL_LOG = ("--set", "log.segment_mb=1", "--set", "log.free_floor_mb=1")


class FailingWrites(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)

    def run_in(self, server, **kw):
        try:
            return run_wrapped(server, **kw)
        finally:
            server.close()

    def test_t08_interrupted_and_short_writes_are_carried_on(self):
        faults = {"interrupted": "name=posix/io/rw/pwrite,probability=0.05,failinfo=4",
                  "short": "name=posix/io/rw/pwrite/reduce,probability=0.05"}
        for what, fault in faults.items():
            with self.subTest(what=what):
                for attempt in range(6):
                    run = self.run_in(Server(*SMALL_LOG, wrapper=fiu(fault)), seed=SEED + attempt,
                                      seconds=20 if LONG else 6)
                    # DuckDB does not carry on an interrupted write: a store that cannot be made is
                    # no finding, and is made at the next start.
                    if not (run.died and STORE_INTERRUPTED in run.log):
                        break
                self.assertFalse(run.died, run.log[-3000:])
                self.assertGreater(run.acked, 0)

    def test_t08_a_broken_disk_ends_the_process_and_loses_nothing(self):
        for round_number in range(10 if LONG else 2):
            with self.subTest(round=round_number):
                server = Server(*SMALL_LOG,
                                wrapper=fiu("name=posix/io/rw/pwrite,probability=0.05,failinfo=5"))
                run = self.run_in(server, seed=SEED + round_number, seconds=20 if LONG else 10)
                if run.died:
                    self.assertNotEqual(run.code, 0)


class SlowDisk(unittest.TestCase):
    def read_times(self, server, count):
        times = []
        for _ in range(count):
            began = time.monotonic()
            server.report(**check.WIDE, metrics="impressions,clicks", dimensions="campaign_id")
            times.append(time.monotonic() - began)
        return times

    def test_t15_slow_syncs_hold_back_writers_not_readers(self):
        print("seed", SEED, flush=True)
        delay_s = 1.0
        server = Server("--set", "log.waiting_mb=1")
        server.wrapper = strace(server, f"fdatasync:delay_enter={int(delay_s * 1e6)}")
        senders = [Sender(server, SEED + i, batch_events=200) for i in range(4)]
        try:
            server.start()
            server.ready(60)
            for sender in senders:
                sender.start()
            wait_until("traffic", lambda: sum(s.acked_batches for s in senders) > 4, 60)
            busy = self.read_times(server, 300 if LONG else 60)
            # A read that waited for syncs would take a delay and more, each of them; a few may, on a
            # machine that is busy with something else.
            self.assertLess(statistics.median(busy), delay_s / 2, busy)
            self.assertLess(sum(t > delay_s for t in busy), len(busy) / 20, busy)
            for sender in senders:
                sender.stop()  # raises if it was told anything but 202, 429 or 503
            self.assertEqual(server.stop(), 0, server.log_tail())
            server.wrapper = []
            check.check_all(server, merge(*(s.ledger for s in senders)), replay=False)
        finally:
            for sender in senders:
                sender.stopping.set()
            server.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
