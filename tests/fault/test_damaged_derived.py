"""T12: damage of store and lake. verify names it and changes nothing, replay mends it, serve rebuilds and says so."""
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import LONG, Server, wait_until
from test_formats import crc32c

SEED = int(os.environ.get("ADBACUS_SEED", time.time_ns() % 1_000_000))
HOURS = 3
NOW = int(time.time() * 1000)
RAW = {"from": NOW - 86_400_000, "to": NOW + 86_400_000}


def fill(server, rounds=4):
    """Events of several event hours, a file an hour and round; returns the totals that reports must show."""
    sent = 0
    for _ in range(rounds):
        events = [{"event_id": f"e{sent + i}", "event_type": ("impression", "click")[i % 2], "ts": NOW - i % HOURS * 3_600_000,
                   "campaign_id": i % 7, "user_id": f"u{i % 11}", "metadata": {"note": f"n{i}"}} for i in range(300)]
        sent += len(events)
        answer = server.post("/v1/events", events)
        assert answer.status == 202, answer.body
        server.report(**RAW, metrics="impressions", dimensions="metadata.note", after=answer.json()["position"],
                      wait_ms=20000, limit=10)  # a raw report cuts the files
    return sent


class DamagedDerived(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="adbacus-test-"))
        server = Server(data=cls.base)
        with server:
            server.ready()
            cls.events = fill(server)
            assert server.stop() == 0, server.log_tail()
        check.check_verify(server)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.base, ignore_errors=True)

    def setUp(self):
        print("seed", SEED, flush=True)
        self.rng = random.Random(SEED)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="adbacus-test-"))
        self.server = Server(data=self.folder)
        self.fresh()

    def tearDown(self):
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self):
        shutil.rmtree(self.server.data, ignore_errors=True)
        shutil.copytree(self.base / "data", self.server.data)

    def lake_files(self):
        return sorted((self.server.data / "lake/events").rglob("*.parquet"))

    def derived(self):
        files = [self.server.data / "store.duckdb", self.server.data / "store.duckdb.wal"]
        files += [p for p in (self.server.data / "lake").rglob("*") if p.is_file()]
        return {str(p): p.read_bytes() for p in files if p.exists()}

    def expect_named(self, *words):
        """verify exits 1, names it in both forms and changes nothing; replay mends it."""
        before = self.derived()
        done = self.server.command("verify", check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in (*words, "adbacus replay"):
            self.assertIn(word, done.stdout)
        as_json = self.server.command("verify", "--json", check=False)
        self.assertEqual(as_json.returncode, 1)
        damage = json.loads(as_json.stdout)["damage"]
        self.assertTrue(damage)
        for word in words:
            self.assertTrue(any(word in " ".join(found.values()) for found in damage), damage)
        self.assertEqual(self.derived(), before, "looking changed something")
        self.server.command("replay")
        self.assertEqual(check.check_verify(self.server)["events"], self.events)

    def flip(self, path, at):
        data = bytearray(path.read_bytes())
        data[at] ^= 1 << self.rng.randrange(8)
        path.write_bytes(data)

    def test_t12_verify_names_what_is_damaged_and_replay_mends_it(self):
        def flipped():
            path = self.rng.choice(self.lake_files())
            self.flip(path, self.rng.randrange(path.stat().st_size))
            return "damaged", path.name

        def truncated():
            path = self.rng.choice(self.lake_files())
            os.truncate(path, path.stat().st_size // 2)
            return "damaged", path.name

        def deleted():
            path = self.rng.choice(self.lake_files())
            path.unlink()
            return "missing", path.name

        def surplus():
            path = self.rng.choice(self.lake_files())
            shutil.copy(path, path.with_name(path.name[:20] + "-" + "9" * 20 + ".parquet"))
            return "surplus", "9" * 20

        def manifest_line():
            path = self.server.data / "lake/manifest"
            lines = path.read_bytes().split(b"\n")
            number = self.rng.randrange(1, len(lines) - 1)
            lines[number] = lines[number][:12] + b"x" + lines[number][13:]
            path.write_bytes(b"\n".join(lines))
            return "damaged", f"lake/manifest line {number + 1}"

        def manifest_gone():
            (self.server.data / "lake/manifest").unlink()
            return "missing", "lake/manifest"

        def lake_gone():
            shutil.rmtree(self.server.data / "lake")
            return "missing", "lake/manifest"

        def store_block():
            path = self.server.data / "store.duckdb"
            data = bytearray(path.read_bytes())
            for at in range(12_288, len(data), 4096):
                data[at + 8] ^= 0xFF
            path.write_bytes(data)
            return "damaged", "store.duckdb"

        def store_header():
            self.flip(self.server.data / "store.duckdb", self.rng.randrange(8, 12))
            return "damaged", "store.duckdb"

        def store_gone():
            for name in ("store.duckdb", "store.duckdb.wal"):
                (self.server.data / name).unlink(missing_ok=True)
            return "missing", "store.duckdb"

        cases = (flipped, truncated, deleted, surplus, manifest_line, manifest_gone, lake_gone, store_block,
                 store_header, store_gone)
        for case in cases * (5 if LONG else 1):
            with self.subTest(case=case.__name__):
                self.fresh()
                self.expect_named(*case())

    def test_a_row_that_is_not_in_the_lake_is_named_by_hour_and_file(self):
        # The manifest is written as if this file had never been: intact, but not what the log says.
        path = self.rng.choice(self.lake_files())
        manifest = self.server.data / "lake/manifest"
        text = manifest.read_text()
        committed = text.rstrip("\n").rsplit("\n", 1)[-1].split()[1]
        change = f"{committed} -{path.relative_to(self.server.data)}"
        manifest.write_text(text + f"{crc32c(change.encode()):08x} {change}\n")
        path.unlink()
        done = self.server.command("verify", check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        hour = re.search(r"date=(\S+)/hour=(\d\d)", str(path))
        self.assertIn(f"lake, event hour {hour[1]}T{hour[2]}: holds", done.stdout)
        self.assertIn(" 1 differences", done.stdout)
        others = [p.name for p in path.parent.glob("*.parquet")]  # none if the hour's files were merged
        for name in others or ["(no file)"]:
            self.assertIn(name, done.stdout, "the hour's other files are named")
        self.server.command("replay")
        check.check_verify(self.server)

    def test_what_a_crash_leaves_is_told_and_is_no_damage(self):
        self.server.start().ready()
        self.server.kill()
        path = self.lake_files()[0]
        left = path.with_name(path.name[:20] + "-" + "9" * 20 + ".parquet")
        shutil.copy(path, left)
        with open(self.server.data / "lake/manifest", "ab") as manifest:
            manifest.write(b"1f78f5c3 40 +lake/eve")
        done = self.server.command("verify")
        self.assertIn("left by a crash, in no count", done.stderr)
        self.assertIn(left.name, done.stderr)
        self.assertFalse(left.exists())
        self.assertEqual(self.server.command("verify").stderr, "")

    def test_t12_serve_rebuilds_what_it_cannot_read_and_says_so(self):
        def lake():
            self.lake_files()[0].unlink()
            return "lake"

        def store():
            path = self.server.data / "store.duckdb"
            data = path.read_bytes()
            path.write_bytes(data[:12_288] + bytes(len(data) - 12_288))
            return "store"

        for case in (lake, store):
            with self.subTest(part=case.__name__):
                self.fresh()
                part = case()
                self.server.start().ready()
                rebuilt = self.server.get("/readyz").json()["rebuilt"]
                self.assertEqual([r["part"] for r in rebuilt], [part])
                self.assertTrue(rebuilt[0]["reason"])
                metric = f'adbacus_mendings_total{{part="{part}"}} 1'
                self.assertIn(metric, self.server.get("/metrics").body.decode())
                self.assertIn(f"the {part} cannot be read", self.server.log_tail(20000))
                self.server.caught_up()
                raw = self.server.report(**RAW, metrics="impressions,clicks", dimensions="metadata.note",
                                         limit=1000)["totals"]
                self.assertEqual(raw["impressions"] + raw["clicks"], self.events)
                served = self.server.report(**check.WIDE, metrics="impressions,clicks")["totals"]
                self.assertEqual(served, raw)
                wait_until("complete again", lambda: self.server.get("/readyz").json()["rebuilt"][0]["complete"])
                self.assertFalse(self.server.get("/readyz").json()["degraded"])
                self.assertEqual(self.server.stop(), 0)
                check.check_verify(self.server)

    def test_t12_a_file_that_changes_under_the_server_refuses_reports_until_it_is_rebuilt(self):
        path = self.lake_files()[0]
        data = path.read_bytes()
        self.server.start().ready()
        path.write_bytes(bytes(len(data)))
        target = "/v1/report?" + "&".join(f"{k}={v}" for k, v in {
            **RAW, "metrics": "impressions", "dimensions": "metadata.note", "limit": 1000}.items())
        answer = self.server.get(target)
        self.assertEqual(answer.status, 500, answer.body)
        ready = self.server.get("/readyz").json()
        self.assertTrue(ready["degraded"])
        self.assertEqual(ready["lake"]["damaged_files"], 1)
        self.assertIn(path.name, ready["lake"]["damaged_file"])
        self.assertIn("adbacus_lake_damaged_files 1", self.server.get("/metrics").body.decode())
        self.assertIn("a lake file is damaged", self.server.log_tail(20000))
        self.assertEqual(self.server.get("/v1/report?metrics=impressions&from=2026-01-01&to=2027-01-01").status, 200)
        self.assertEqual(self.server.stop(), 0)
        self.server.start().ready()
        self.assertEqual([r["part"] for r in self.server.get("/readyz").json()["rebuilt"]], ["lake"])
        self.server.caught_up()
        self.assertEqual(self.server.get(target).status, 200)
        self.assertEqual(self.server.stop(), 0)
        check.check_verify(self.server)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
