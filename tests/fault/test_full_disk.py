"""T09, T10: no space, on the whole disk of the log or in one file; refused, served, resumed."""
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import LONG, Server, wait_until
from injection import injected_calls, run_wrapped, strace
from traffic import Sender

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))
MIB = 1 << 20
RAW = {"from": int(time.time() - 86_400) * 1000, "to": int(time.time() + 86_400) * 1000}
SMALL_LOG = ("--set", "log.segment_mb=1", "--set", "log.free_floor_mb=1")


class SmallDisk:
    """A small tmpfs. Lives in this process's own mount namespace (see main)."""

    def __init__(self, path, mib=8):
        self.path = path
        self.path.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", self.path], check=True)

    def take(self, name, size):
        (self.path / name).write_bytes(bytes(size))

    def take_all(self, name):
        """Not a byte is left."""
        with open(self.path / name, "ab", buffering=0) as file:
            try:
                while file.write(bytes(MIB)):
                    pass
            except OSError:
                pass

    def give(self, name):
        (self.path / name).unlink()

    def grow(self):
        subprocess.run(["mount", "-o", "remount,size=256m", self.path], check=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=True)


class FullDisk(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)
        if os.environ.get("ADBACUS_OWN_MOUNTS") == "0":
            self.skipTest("needs a small file system, and mounting is not permitted here")

    def post_one(self, server, ledger):
        event = {"event_id": f"full-{time.time_ns()}", "event_type": "click"}
        ledger.send(event)
        answer = server.post("/v1/events", event)
        if answer.status == 202:
            ledger.ack(event["event_id"])
        return answer

    def expect_refusal(self, server, sender):
        """A small event may find room where a large batch did not, but not for long."""
        answer = wait_until("an event is refused", lambda: next(
            (a for a in [self.post_one(server, sender.ledger)] if a.status != 202), None))
        self.assertEqual(answer.status, 503, answer.body)
        self.assertIn(int(answer.headers["retry-after"]), range(1, 31))
        self.assertEqual(answer.json()["code"], "storage_full")
        self.assertEqual(server.get("/readyz").status, 503)
        self.assertEqual(server.get("/healthz").status, 200)

    def fill(self, server, sender):
        wait_until("the log is full", lambda: sender.error or server.get("/readyz").status == 503, 60)
        self.assertIsNone(sender.error)
        self.expect_refusal(server, sender)

    def test_t09_refuses_on_a_full_disk_serves_reads_and_resumes(self):
        server = Server(*SMALL_LOG)
        disk = SmallDisk(server.data / "log")
        sender = Sender(server, SEED, batch_events=500)
        try:
            disk.take("foreign-1", 2 * MIB)
            disk.take("foreign-2", 2 * MIB)
            server.start()
            server.ready()
            sender.start()
            self.fill(server, sender)
            before = server.report(**check.WIDE, metrics="gross_events", after=sender.position, wait_ms=20000)
            self.assertGreater(before["totals"]["gross_events"], 0)
            disk.give("foreign-1")
            server.ready(30)  # I8: resumes by itself
            acked = sender.acked_batches
            wait_until("traffic flows again", lambda: sender.acked_batches > acked + 2)
            self.fill(server, sender)
            # A crash while the disk is full: the next start serves what is there, and still refuses.
            server.kill()
            server.start()
            again = wait_until("reports are served", lambda: server.report(
                **check.WIDE, metrics="gross_events", after=sender.position, wait_ms=20000))
            self.assertGreaterEqual(again["totals"]["gross_events"], before["totals"]["gross_events"])
            self.expect_refusal(server, sender)
            disk.give("foreign-2")
            server.ready(30)
            disk.grow()  # for good: traffic and the check are not to fill it again
            acked = sender.acked_batches
            wait_until("traffic flows again", lambda: sender.acked_batches > acked + 2)
            sender.stop()
            self.assertEqual(server.stop(), 0, server.log_tail())
            check.check_all(server, sender.ledger)
        finally:
            sender.stopping.set()
            server.kill()
            disk.unmount()
            server.close()


    def listening(self, server):
        """Where a server without room for its port file says that it listens."""
        said = wait_until("it listens", lambda: server.exited() or re.search(
            r"adbacus serves http://127.0.0.1:(\d+)", server.log_tail()))
        self.assertFalse(server.exited(), server.log_tail())
        server.port = int(said[1])

    def stop_within(self, server, seconds):
        begin = time.monotonic()
        self.assertEqual(server.stop(), 0, server.log_tail())
        took = time.monotonic() - begin
        print(f"stopped in {took:.1f} s", flush=True)
        self.assertLess(took, seconds)

    def test_t09_a_full_disk_under_everything_holds_up_neither_the_end_nor_a_start(self):
        server = Server(*SMALL_LOG)
        disk = SmallDisk(server.data, 32)
        sender = Sender(server, SEED, batch_events=500)
        # Raw reports of what is on disk; nothing was cut yet when the disk was full.
        raw = {**RAW, "metrics": "gross_events", "dimensions": "event_type", "filter": "metadata.x:eq:1"}
        try:
            server.start()
            server.ready()
            sender.start()
            self.fill(server, sender)
            sender.stop()
            server.caught_up()
            before = server.report(**check.WIDE, metrics="gross_events")["totals"]
            disk.take_all("foreign")
            self.assertEqual(server.get("/v1/report?" + urllib.parse.urlencode(raw)).status, 200)
            self.stop_within(server, 30)
            self.assertIn("stopped before store and lake had everything", server.log_tail())
            for end in ("stop", "kill"):
                disk.take_all("foreign-" + end)
                server.log_path.unlink()
                server.start(wait=False)
                self.listening(server)
                server.caught_up()
                self.assertEqual(server.report(**check.WIDE, metrics="gross_events")["totals"], before)
                self.expect_refusal(server, sender)
                self.assertEqual(server.get("/readyz").json()["reason"], "storage_full")
                server.caught_up()  # small events may have found room
                before = server.report(**check.WIDE, metrics="gross_events")["totals"]
                if end == "stop":
                    self.stop_within(server, 30)
                else:
                    server.kill()
            disk.grow()
            for name in ("foreign", "foreign-stop", "foreign-kill"):
                disk.give(name)
            server.start()
            server.ready(30)
            self.assertEqual(server.stop(), 0, server.log_tail())
            check.check_all(server, sender.ledger)
        finally:
            sender.stopping.set()
            server.kill()
            disk.unmount()
            server.close()


class FullFile(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)

    def test_t10_no_space_in_commit_checkpoint_seal_and_roll(self):
        # What fails, in which file, which calls of a thread, and how the run ends: DuckDB moves its
        # journal into the file when it is closed.
        cases = [("commit", "store.duckdb.wal", "write", "2..5", False),
                 ("checkpoint", "store.duckdb", "pwrite64", "1+", True),
                 ("seal", "log/00000000000000000001.seg", "pwrite64", "20..40", False),
                 ("roll", "log/spare.seg.tmp", "pwrite64", "1..2", False),
                 ("sidecar", "log/00000000000000000001.ids", "pwrite64", "2..3", False)]
        for what, file, call, when, stop in cases if LONG else cases[:4]:
            with self.subTest(what=what):
                server = Server(*SMALL_LOG, "--set", "store.commit_interval_ms=50")
                try:
                    server.start()  # the files are there when the faults begin
                    server.ready()
                    server.stop()
                    server.wrapper = strace(server, f"{call}:error=ENOSPC:when={when}", paths=[file])
                    run = run_wrapped(server, seed=SEED, seconds=20 if LONG else 6, batch_events=200, stop=stop)
                    self.assertFalse(run.died, f"a full disk passes: {run.code}\n{run.log[-3000:]}")
                    self.assertGreater(run.acked, 0)
                    self.assertTrue(injected_calls(server), "the fault never happened")
                finally:
                    server.close()

    def test_t10_no_room_for_the_catalogs_shared_index(self):
        server = Server()
        try:
            server.start()
            server.stop()
            server.wrapper = strace(server, "pwrite64:error=ENOSPC:when=1+", paths=["catalog.sqlite-shm"])
            server.start()
            self.assertTrue(injected_calls(server), "the fault never happened")
            self.assertIn("catalog: no room", server.log_tail())
            self.assertEqual(server.get("/v1/campaigns").status, 200)
            self.assertEqual(server.post("/v1/campaigns", {"id": "c", "name": "x"}).status, 201)
            self.assertEqual(server.stop(), 0, server.log_tail())
            server.wrapper = []
            server.start()
            self.assertEqual(server.get("/v1/campaigns/c").status, 200)
        finally:
            server.close()


def main():
    """A mount namespace of its own, so that the small disks vanish with the process; root or not."""
    if "ADBACUS_OWN_MOUNTS" not in os.environ:
        how = ["-m"] if os.geteuid() == 0 else ["-Urm"]
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
        if subprocess.run(["unshare", *how, *mount]).returncode == 0:
            os.environ["ADBACUS_OWN_MOUNTS"] = "1"
            os.execvp("unshare", ["unshare", *how, sys.executable, *sys.argv])
        os.environ["ADBACUS_OWN_MOUNTS"] = "0"  # a container that may not: setUp says so
    unittest.main(argv=sys.argv)


if __name__ == "__main__":
    main()
