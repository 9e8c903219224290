"""R17, R23: every change is in the audit log with who and what, and tampering with the file is found."""
import json
import pathlib
import shutil
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.server.ready()
        for i in range(5):
            cls.post("/v1/campaigns", {"id": f"c{i}", "name": f"<script>alert({i})</script>\r\nforged: line"})
        cls.server.request("PATCH", "/v1/campaigns/c1", b'{"status":"ACTIVE"}')
        cls.server.request("PATCH", "/v1/campaigns/c1", b'{"spent":1}')
        cls.server.request("DELETE", "/v1/campaigns/c2")
        cls.made = cls.post("/v1/keys", {"scopes": ["read"], "name": "k"})
        cls.server.request("DELETE", "/v1/keys/" + cls.made["id"])

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    @classmethod
    def post(cls, target, body):
        answer = cls.server.post(target, body)
        assert answer.status == 201 or "script" in str(body), answer.body
        return answer.json()

    def test_an_export_of_many_rows_is_an_entry_and_a_small_one_is_none(self):
        events = [{"event_id": f"x{i}", "event_type": "click", "campaign_id": f"many{i}"} for i in range(1_500)]
        self.assertEqual(self.server.post("/v1/events", events).status, 202)
        self.server.caught_up()
        report = "/v1/report?metrics=gross_events&from=2020-01-01&to=2029-01-01&dimensions=campaign_id"
        for target in (report + "&limit=1500", report + "&limit=20&format=csv"):
            self.assertEqual(self.server.get(target).status, 200)
        self.assertEqual(self.entries("?kind=report"), [])
        for kind in ("csv", "ndjson", "parquet"):
            target = f"{report}&limit=1200&format={kind}"
            answer = self.server.get(target)
            self.assertEqual(answer.status, 200, answer.body)
            newest = self.entries("?kind=report")[0]
            self.assertEqual((newest["action"], newest["actor"]), ("export", self.server.key.split(".")[0]))
            self.assertEqual(newest["after"], {"format": kind, "rows": 1200, "target": target})
        self.assertEqual(self.server.get("/v1/audit/verify").json()["intact"], True)

    def entries(self, query=""):
        answer = self.server.get("/v1/audit" + query)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["data"]

    def test_changes_are_told_with_who_what_before_and_after(self):
        self.server.post("/v1/campaigns", {"id": "told", "name": "one"})
        self.server.request("PATCH", "/v1/campaigns/told", b'{"name":"two"}', {"X-Request-Id": "request-77"})
        change, made = self.entries("?object_id=told&kind=campaign")
        self.assertEqual((made["action"], made["before"], made["after"]["name"]), ("create", None, "one"))
        self.assertEqual((change["action"], change["before"]["name"], change["after"]["name"]), ("update", "one", "two"))
        self.assertEqual(change["actor"], self.server.key.split(".")[0])
        self.assertEqual(change["request_id"], "request-77")
        self.assertEqual([e["action"] for e in self.entries("?kind=key")], ["revoke", "create"])
        text = self.server.get("/v1/audit").body.decode()
        self.assertNotIn(self.made["key"].split(".")[1], text)
        self.assertNotIn(self.server.key.split(".")[1], text)

    def test_pages_and_verdict(self):
        everything = self.entries("?limit=1000")
        self.assertEqual([e["seq"] for e in everything], list(range(len(everything), 0, -1)))
        page = self.server.get("/v1/audit?limit=3").json()
        following = self.server.get("/v1/audit?limit=1000&cursor=" + page["next_cursor"]).json()
        self.assertEqual(page["data"] + following["data"], everything)
        self.assertEqual(self.server.get("/v1/audit?limit=3&kind=key&cursor=" + page["next_cursor"]).status, 422)
        verdict = self.server.get("/v1/audit/verify").json()
        self.assertEqual((verdict["intact"], verdict["entries"], verdict["head"]),
                         (True, len(everything), everything[0]["hash"]))

    def test_refusals_change_nothing_and_only_administrators_read_it(self):
        self.assertFalse([e for e in self.entries("?object_id=c1") if e["after"] and "spent" in e["after"]])
        key = self.post("/v1/keys", {"scopes": ["read"]})["key"]
        answer = self.server.request("GET", "/v1/audit", headers={"Authorization": f"Bearer {key}"}, key=False)
        self.assertEqual(answer.status, 403)


class Tampering(unittest.TestCase):
    def cut(self, server, seq):
        db = sqlite3.connect(server.data / "catalog.sqlite")
        db.execute("delete from audit where seq > ?", (seq,))
        db.commit()
        db.close()

    def test_an_end_cut_off_beside_the_running_server_is_found(self):
        with Server() as server:
            server.ready()
            for i in range(6):
                self.assertEqual(server.post("/v1/advertisers", {"name": f"a{i}"}).status, 201)
            self.cut(server, 4)
            verdict = server.get("/v1/audit/verify").json()
            self.assertFalse(verdict["intact"], verdict)
            self.assertIn("6", verdict["broken"])
            for i in range(3):  # the chain grows over what was cut off
                self.assertEqual(server.post("/v1/advertisers", {"name": f"b{i}"}).status, 201)
            self.assertFalse(server.get("/v1/audit/verify").json()["intact"])

    def test_heads_are_noted_signed_and_compared(self):
        with Server() as server:
            server.ready()
            for i in range(6):
                self.assertEqual(server.post("/v1/advertisers", {"name": f"a{i}"}).status, 201)
            self.assertEqual(server.stop(), 0)
            head = server.command("audit", "verify").stdout.strip()
            noted = (server.data / "audit.heads").read_text()
            self.assertTrue(noted.startswith(head + " "), noted)
            self.assertIn("audit head", server.log_tail())
            self.cut(server, 4)
            done = server.command("audit", "verify", check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            server.start().ready()
            self.assertIn("gone or changed", server.log_tail())
            self.assertIn("adbacus_audit_chains_broken 1", server.get("/metrics").body.decode())
            self.assertFalse(server.get("/v1/audit/verify").json()["intact"])
            self.assertEqual(server.stop(), 0)
            self.assertEqual((server.data / "audit.heads").read_text(), noted, "the proof stays")
            (server.data / "audit.heads").write_text(noted.replace("1:6:", "1:4:"))
            done = server.command("audit", "verify", check=False)
            self.assertIn("not signed", done.stderr)

    def test_edits_gaps_moves_and_cut_ends_are_found(self):
        with Server() as server:
            server.ready()
            for i in range(6):
                self.assertEqual(server.post("/v1/advertisers", {"name": f"a{i}"}).status, 201)
            self.assertEqual(server.stop(), 0)
            head = server.command("audit", "verify").stdout.strip()
            self.assertRegex(head, r"^1:6:[0-9a-f]{64}$")
            server.command("audit", "verify", "--head", head)
            intact = json.loads(server.command("audit", "verify", "--json").stdout)
            self.assertEqual((intact["intact"], intact["entries"]), (True, 6))
            original = server.data / "catalog.sqlite"
            saved = server.folder / "saved.sqlite"
            shutil.copy(original, saved)
            for what, sql, head_needed in (
                    ("edit", "update audit set after = replace(after, 'a3', 'b3') where seq = 4", False),
                    ("who", "update audit set actor = 'adb_nobody' where seq = 2", False),
                    ("when", "update audit set time_us = time_us + 1 where seq = 6", False),
                    ("gap", "delete from audit where seq = 3", False),
                    ("first", "delete from audit where seq = 1", False),
                    ("order", "update audit set seq = case seq when 2 then 30 when 3 then 2 end where seq in (2, 3);"
                              "update audit set seq = 3 where seq = 30", False),
                    ("end", "delete from audit where seq > 4", True),
                    ("all", "delete from audit", True)):
                with self.subTest(what):
                    shutil.copy(saved, original)
                    with sqlite3.connect(original) as db:
                        db.executescript(sql)
                    db.close()
                    done = server.command("audit", "verify", *(["--head", head] if head_needed else []), check=False)
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertRegex(done.stderr, r"entry \d")
            self.assertEqual(server.command("audit", "verify", "--head", "nonsense", check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
