"""T30: this program reads what its predecessors wrote, and refuses what its successors will write.

tests/fixtures/*.txt are data folders, each a tar.xz as base64, written once by the version in its
name and never again; beside each lies what it reports. `test_formats.py --write NAME` makes one.
"""
import base64
import io
import json
import pathlib
import re
import shutil
import sqlite3
import struct
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
import duckdb
from harness import Server

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"
SMALL_LOG = ("--set", "log.segment_mb=1", "--set", "log.free_floor_mb=1")
QUESTION = dict(**check.WIDE, dimensions="campaign_id", limit=1000,
                metrics="impressions,clicks,conversions,revenue,duplicates")
IMPORTED = {"event_id": "imported", "event_type": "click", "ts": "2020-02-29T23:59:59Z", "campaign_id": "0",
            "user_id": "u"}
PAGE = 4096


def crc32c(data):
    table = crc32c.table
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


crc32c.table = crc_table()


def unpack(name, folder):
    packed = base64.b64decode((FIXTURES / f"{name}.txt").read_text())
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:xz") as tar:
        tar.extractall(folder)


def write_fixture(name):
    """A sealed segment and an open one; several event types, statuses and dispositions; an import."""
    with Server(*SMALL_LOG) as server:
        server.ready()
        number = 0
        for _ in range(8):
            events = []
            for _ in range(100):
                kind = ("impression", "click", "conversion", "view")[number % 4]
                event = {"event_id": f"f{number - (number % 50 == 49)}", "event_type": kind,
                         "campaign_id": str(number % 5), "user_id": f"u{number % 21}", "ip": "203.0.113.9",
                         "metadata": {"device": "mobile", "country": "DE", "n": number % 7, "fill": "x" * 2500}}
                if kind == "conversion":
                    event.update(type="purchase", value_cents=number % 997, transaction_id=f"t{number}",
                                 status=("approved", "pending")[number // 4 % 2])
                events.append(event)
                number += 1
            answer = server.post("/v1/events", events)
            assert answer.status == 202, answer.body
        answer = server.post("/v1/events?import=old", IMPORTED)
        assert answer.status == 202, answer.body
        report = server.report(**QUESTION, after=answer.json()["position"], wait_ms=20000)
        assert server.stop() == 0
        dump = server.command("verify", "--dump").stdout
        assert len(list((server.data / "log").glob("*.seg"))) > 1
        for leftover in ("lock", "port", "log/lock"):
            (server.data / leftover).unlink(missing_ok=True)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:xz", preset=9) as tar:
            tar.add(server.data, "data")
    FIXTURES.mkdir(exist_ok=True)
    (FIXTURES / f"{name}.txt").write_bytes(base64.encodebytes(buffer.getvalue()))
    (FIXTURES / f"{name}.report.json").write_text(json.dumps(report["rows"], indent=1) + "\n")
    print(len(buffer.getvalue()), "bytes,", len(dump.splitlines()), "aggregates")


class Formats(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="adbacus-test-"))
        self.server = Server(*SMALL_LOG, data=self.folder)

    def tearDown(self):
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def names(self):
        names = sorted(p.stem for p in FIXTURES.glob("*.txt"))
        self.assertTrue(names)
        return names

    def fresh(self, name):
        self.server.kill() if self.server.process else None
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        unpack(name, self.folder)

    def test_t30_new_reads_old(self):
        for name in self.names():
            expected = json.loads((FIXTURES / f"{name}.report.json").read_text())
            with self.subTest(fixture=name):
                self.fresh(name)
                check.check_verify(self.server)
                self.serve_and_compare(expected)
            with self.subTest(fixture=name, rebuilt=True):
                self.fresh(name)
                for part in ("store.duckdb", "store.duckdb.wal"):
                    (self.server.data / part).unlink(missing_ok=True)
                shutil.rmtree(self.server.data / "lake")
                self.server.command("replay")
                self.serve_and_compare(expected)

    def serve_and_compare(self, expected):
        self.server.start()
        self.server.ready()
        self.server.caught_up()
        self.assertEqual(self.server.report(**QUESTION)["rows"], expected)
        # Its ids are known (those of an import for ever), and it can be written to.
        again = self.server.post("/v1/events?import=old", {**IMPORTED, "campaign_id": "99"})
        self.assertEqual((again.status, again.json().get("duplicates")), (202, 1), again.body)
        self.assertEqual(self.server.stop(), 0, self.server.log_tail())

    def later_segment(self):
        for path in (self.server.data / "log").glob("*.seg"):
            data = bytearray(path.read_bytes())
            struct.pack_into("<I", data, 8, 2)
            struct.pack_into("<I", data, PAGE - 4, crc32c(data[:PAGE - 4]))
            path.write_bytes(data)

    def later_note(self):
        for name in ("start", "clean_stop"):
            path = self.server.data / "log" / name
            if path.exists():
                text = path.read_text().replace("adbacus-log-note 1 ", "adbacus-log-note 2 ")
                body = text[:text.rindex(" ") + 1]
                path.write_text(body + f"{crc32c(body.encode()):08x}\n")

    def later_store(self):
        with duckdb.connect(str(self.server.data / "store.duckdb")) as db:
            db.execute("update meta set value = 'adbacus store 4' where name = 'format'")

    def later_manifest(self):
        path = next((self.server.data / "lake").rglob("*anifest*"))
        path.write_bytes(path.read_bytes().replace(b"adbacus-lake 1\n", b"adbacus-lake 2\n", 1))

    def later_catalog(self):
        with sqlite3.connect(self.server.data / "catalog.sqlite") as db:
            db.execute("pragma user_version = 1000")
        db.close()

    def test_t30_old_refuses_new(self):
        for name in self.names():
            for change in (self.later_segment, self.later_note, self.later_store, self.later_manifest,
                           self.later_catalog):
                with self.subTest(fixture=name, change=change.__name__):
                    self.fresh(name)
                    change()
                    before = self.digest()
                    done = self.server.command("verify", check=False)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertRegex(done.stderr.lower(), r"version|newer", done.stderr)
                    self.assertEqual(self.digest(), before, "what was refused was changed")

    def digest(self):
        """Content of every file that another version may own."""
        files = [p for p in self.server.data.rglob("*") if p.is_file() and p.name not in ("lock", "port")]
        return {str(p): hash(p.read_bytes()) for p in files if not re.search(r"\.(wal|shm|sqlite-.*)$", p.name)}

    def test_t30_a_later_sidecar_is_rebuilt_not_believed(self):
        for name in self.names():
            with self.subTest(fixture=name):
                self.fresh(name)
                for path in (self.server.data / "log").glob("*.ids"):
                    path.write_bytes(path.read_bytes().replace(b"ADBIDS1\n", b"ADBIDS2\n", 1))
                self.serve_and_compare(json.loads((FIXTURES / f"{name}.report.json").read_text()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write_fixture(sys.argv[2])
    else:
        unittest.main(argv=sys.argv)
