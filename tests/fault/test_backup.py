"""T36: a backup taken while events arrive holds all that was acknowledged before it began."""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import BINARY, LONG, Server, wait_until
from traffic import Sender, merge

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))


def run(*args):
    return subprocess.run([str(BINARY), *map(str, args)], capture_output=True, text=True, timeout=120)


class Backup(unittest.TestCase):
    def setUp(self):
        print("seed", SEED, flush=True)

    def restored(self, backup, folder):
        """A server on the restored folder, not started."""
        server = Server(data=folder)
        done = run("restore", "--from", backup, "--data", server.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        return server

    def test_t36_every_backup_taken_under_load_holds_what_was_acknowledged_before_it(self):
        with Server("--set", "log.segment_mb=1") as server:
            server.ready()
            backup = server.folder / "backup"
            senders = [Sender(server, SEED + i) for i in range(3)]
            for sender in senders:
                sender.start()
            run_number = 0
            for lake in [False, True, False] * (5 if LONG else 1):
                acked = [s.acked_batches for s in senders]
                wait_until("traffic flows",
                           lambda: all(s.acked_batches > a + 10 for s, a in zip(senders, acked)))
                before = [{i for i, s in list(sender.ledger.state.items()) if s == "acked"}
                          for sender in senders]
                done = run("backup", "--data", server.data, "--to", backup, "--json",
                           *(["--with-lake"] if lake else []))
                self.assertEqual(done.returncode, 0, done.stderr)
                run_number += 1
                self.assertEqual(json.loads(done.stdout)["run"], run_number)
                for sender in senders:  # else what there is to check grows with the time it takes
                    sender.going.clear()
                sent = merge(*(s.ledger for s in senders))  # no phantoms: sent by now
                ledger = check.Ledger()
                ledger.sent = dict(sent.sent)
                ledger.state = {i: "acked" for ids in before for i in ids}
                folder = server.folder / f"restored-{run_number}"
                folder.mkdir()
                copy = self.restored(backup, folder)
                try:
                    copy.start()
                    copy.ready()
                    self.assertEqual(copy.key, server.key)
                    self.assertEqual(copy.stop(), 0, copy.log_tail())
                    check.check_all(copy, ledger)  # I1-I5, replay included
                finally:
                    copy.close()
                for sender in senders:
                    sender.going.set()
            for sender in senders:
                sender.stop()
            self.assertEqual(server.stop(), 0)

    def test_t36_a_killed_backup_leaves_the_one_before(self):
        with Server("--set", "log.segment_mb=1") as server:
            server.ready()
            sender = Sender(server, SEED + 7, batches=20)
            sender.start()
            sender.join(60)
            sender.stop()
            backup = server.folder / "backup"
            first = json.loads(run("backup", "--data", server.data, "--to", backup, "--json").stdout)
            for n in (2, 5, 9, 12) if LONG else (5, 9):
                done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e",
                                       f"inject=fdatasync:signal=KILL:when={n}", str(BINARY), "backup",
                                       "--data", str(server.data), "--to", str(backup)],
                                      capture_output=True, text=True, timeout=120)
                listed = json.loads((backup / "backup.json").read_text())
                if done.returncode != 0:
                    self.assertEqual(listed["last_seq"], first["last_seq"])
                for file in listed["files"]:
                    self.assertTrue((backup / file["stored"]).exists(), file)
            done = run("backup", "--data", server.data, "--to", backup)
            self.assertEqual(done.returncode, 0, done.stderr)
            listed = json.loads((backup / "backup.json").read_text())
            named = {f["stored"] for f in listed["files"]}
            there = {str(f.relative_to(backup)) for f in backup.glob("run-*/**/*") if f.is_file()}
            self.assertEqual(named, there, "leftovers of killed runs are removed")
            self.assertEqual(server.stop(), 0)
            folder = server.folder / "restored"
            folder.mkdir()
            copy = self.restored(backup, folder)
            check.check_all(copy_started_and_stopped(copy), sender.ledger)
            copy.close()


def copy_started_and_stopped(server):
    server.start()
    server.ready()
    assert server.stop() == 0, server.log_tail()
    return server


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
