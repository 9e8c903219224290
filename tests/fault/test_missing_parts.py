"""T13: parts of the data folder that are gone or damaged: said, rebuilt or refused with the way out."""
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import Server


class MissingParts(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.start().ready()
        answer = self.server.post("/v1/events", [{"event_id": f"e{i}", "event_type": "click"} for i in range(50)])
        self.assertEqual(answer.status, 202)
        self.server.caught_up()
        self.assertEqual(self.server.get("/readyz").json()["rebuilt"], [], "a first start rebuilds nothing")
        self.assertEqual(self.server.stop(), 0)

    def tearDown(self):
        self.server.close()

    def counted(self):
        self.server.caught_up()
        return self.server.report(**check.WIDE, metrics="gross_events")["totals"]["gross_events"]

    def refusal(self):
        with self.assertRaisesRegex(AssertionError, "server exited with 1") as raised:
            self.server.start()
        return str(raised.exception)

    def test_a_deleted_store_or_lake_is_rebuilt_and_said(self):
        for part, names in (("store", ("store.duckdb", "store.duckdb.wal")), ("lake", ("lake",))):
            with self.subTest(part=part):
                for name in names:
                    path = self.server.data / name
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                self.server.start().ready()
                rebuilt = self.server.get("/readyz").json()["rebuilt"]
                self.assertEqual([r["part"] for r in rebuilt], [part])
                self.assertIn("is missing", rebuilt[0]["reason"])
                self.assertIn("a part is missing", self.server.log_tail())
                self.assertEqual(self.counted(), 50)
                self.assertEqual(self.server.stop(), 0)
                check.check_verify(self.server)
                self.server.start().ready()
                self.assertEqual(self.server.get("/readyz").json()["rebuilt"], [])
                self.assertEqual(self.server.stop(), 0)

    def test_a_catalog_with_a_damaged_page_is_refused(self):
        path = self.server.data / "catalog.sqlite"
        whole = path.read_bytes()
        refused = 0
        for page in range(1, len(whole) // 4096):
            path.write_bytes(whole[:page * 4096] + bytes(4096 * [0x5a]) + whole[(page + 1) * 4096:])
            try:
                self.server.start().ready()
            except AssertionError as error:
                self.assertIn("catalog.sqlite", str(error))
                self.assertIn("damaged", str(error))
                self.assertIn("--new-catalog", str(error))
                refused += 1
                continue
            self.assertEqual(self.server.stop(), 0, f"page {page}")
        self.assertGreaterEqual(refused, len(whole) // 4096 - 2, "a free page may be overwritten")

    def test_deleted_signing_keys_are_made_anew_and_loudly_said(self):
        (self.server.data / "signing.keys").unlink()
        self.server.start().ready()
        ready = self.server.get("/readyz").json()
        self.assertEqual((ready["signing_keys_lost"], ready["degraded"]), (True, True))
        self.assertIn("adbacus_signing_keys_lost 1", self.server.get("/metrics").body.decode())
        self.assertIn("are refused until the file is restored", self.server.log_tail())
        self.assertEqual(self.server.stop(), 0)
        self.server.start().ready()
        self.assertNotIn("signing_keys_lost", self.server.get("/readyz").json(), "the start after it knows no loss")
        self.assertEqual(self.server.stop(), 0)

    def test_a_deleted_catalog_is_not_made_anew_unasked(self):
        old_key = self.server.key
        for path in self.server.data.glob("catalog.sqlite*"):
            path.unlink()
        said = self.refusal()
        self.assertIn("catalog.sqlite", said)
        self.assertIn("--new-catalog", said)
        self.assertFalse((self.server.data / "catalog.sqlite").exists(), "a refusal changes nothing")
        self.assertEqual(self.server.key, old_key)
        self.server.args = ["--new-catalog"]
        self.server.start().ready()
        self.assertNotEqual(self.server.key, old_key)
        self.assertEqual(self.counted(), 50)
        self.assertEqual(self.server.get("/v1/report?metrics=clicks", key=False,
                                         headers={"Authorization": f"Bearer {old_key}"}).status, 401)
        self.assertEqual(self.server.stop(), 0)
        self.server.start().ready()  # the flag does nothing where a catalog is
        self.assertEqual(self.counted(), 50)

    def test_a_damaged_catalog_is_named_with_the_way_out(self):
        path = self.server.data / "catalog.sqlite"
        size = path.stat().st_size
        for content in (b"no database" * 500, path.read_bytes()[:100] + bytes(size - 100), b""):
            path.write_bytes(content)
            said = self.refusal()
            self.assertIn(str(path), said)
            self.assertIn("--new-catalog", said)
            self.assertIn("backup", said)
            self.assertEqual(path.read_bytes(), content)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
