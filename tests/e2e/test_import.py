"""adbacus import with the shipped iPinYou mapping, on a small generated sample in the same format."""
import json
import os
import random
import shutil
import subprocess
import sys
import unittest

from harness import BINARY, ROOT, Server

MAPPING = ROOT / "docs/examples/ipinyou.yaml"
WIDE = {"from": "2019-01-01T00:00:00Z", "to": "2028-12-31T00:00:00Z"}
DAY = {"from": "2013-10-20T16:00:00Z", "to": "2013-10-21T16:00:00Z", "timezone": "Asia/Shanghai"}


def sample_row(rng, kind, number):
    hour, second = rng.randrange(24), rng.randrange(60)
    return [f"{rng.randrange(50):032x}", f"20131021{hour:02}{number % 60:02}{second:02}{rng.randrange(1000):03}",
            kind, f"user{rng.randrange(300)}", "Mozilla/4.0 (compatible; MSIE 7.0)", "106.114.177.*", "3", "4",
            str(rng.randrange(1, 5)), "domain", "url", "null", "slot", *rng.choice([("300", "250"), ("960", "90")]),
            "FirstView", "Na", "0", "10722", "294", str(rng.randrange(1, 300)), "null", "2821", "10063"]


class Import(unittest.TestCase):
    def run_import(self, server, *files, check=True):
        command = [str(BINARY), "import", "--url", server.url, "--key-file", str(server.data / "admin.key"),
                   "--mapping", str(MAPPING), "--run", "ipinyou", *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "XDG_STATE_HOME": str(server.folder / "state")})
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_totals_equal_the_file_and_a_second_run_counts_nothing_twice(self):
        rng = random.Random(5)
        rows = {"1": [sample_row(rng, "1", i) for i in range(700)], "2": [sample_row(rng, "2", i) for i in range(40)]}
        with Server() as server:
            server.ready()
            files = []
            for kind, name in (("1", "imp.txt"), ("2", "clk.txt")):
                files.append(server.folder / name)
                ending = "\r\n" if kind == "2" else "\n"
                files[-1].write_bytes("".join("\t".join(r) + ending for r in rows[kind]).encode())
            bad = [["x"] * 24, rows["1"][0][:5], rows["1"][1][:1] + ["no time"] + rows["1"][1][2:]]
            with open(files[0], "a") as file:       # rows that nothing can be made of
                file.writelines("\t".join(r) + "\n" for r in bad)
            first = self.run_import(server, *files)
            self.assertIn(", 3 rejected\n", first.stdout)
            ids = {(r[0], r[2], r[1]) for k in rows for r in rows[k]}
            self.assertEqual(len(ids), 740, "the sample has no repeated ids")
            self.check(server, rows)
            again = self.run_import(server, *files)       # remembered position: nothing to send
            self.assertIn("0 rows sent, 743 already sent before", again.stdout)
            self.assertEqual(again.stdout.split(", ")[-1], first.stdout.split(", ")[-1], "the same rejections")
            self.assertEqual(again.stderr, first.stderr, "the first of them are shown again")
            os.rename(files[0], server.folder / "again.txt")
            self.run_import(server, server.folder / "again.txt")   # sent again: all duplicates
            self.check(server, rows)

    def send(self, server, file, *args, check=True, key_file=None):
        """NDJSON as it stands, by the run `plain`; returns what --json tells."""
        command = [str(BINARY), "import", "--url", server.url, "--run", "plain", "--json", *args, str(file),
                   "--key-file", str(key_file or server.data / "admin.key")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "XDG_STATE_HOME": str(server.folder / "state")})
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout), done.stderr

    def impressions(self, server):
        server.caught_up()
        return server.report(metrics="impressions", **WIDE)["totals"]["impressions"]

    def write(self, server, ids, name="plain.ndjson"):
        path = server.folder / name
        path.write_text("".join(json.dumps({"event_id": i, "event_type": "impression", "ts": "2025-03-01T00:00:00Z"})
                                + "\n" for i in ids))
        return path

    def test_a_file_that_was_edited_is_sent_again_and_one_that_grew_goes_on(self):
        with Server() as server:
            server.ready()
            file = self.write(server, ["a1", "a2", "a3"])
            self.assertEqual(self.send(server, file)[0]["rows"], 3)
            file = self.write(server, ["a1", "b2", "a3"])     # as many bytes
            told, err = self.send(server, file)
            self.assertEqual((told["rows"], told["resumed_rows"], told["duplicates"]), (3, 0, 2))
            self.assertIn("is not what was sent before", err)
            self.assertEqual(self.impressions(server), 4)
            file = self.write(server, ["a1", "b2", "a3", "a4"])
            told, err = self.send(server, file)
            self.assertEqual((told["rows"], told["resumed_rows"], told["duplicates"], err), (1, 3, 0, ""))
            file = self.write(server, ["a1", "b2"])           # cut short
            self.assertEqual(self.send(server, file)[0]["duplicates"], 2)
            self.assertEqual(self.impressions(server), 5)

    def test_another_servers_log_at_the_same_address_gets_all_of_a_file(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        server.ready()
        file = self.write(server, ["a1", "a2", "a3"])
        self.send(server, file)
        self.assertEqual(server.stop(), 0)
        shutil.move(server.data, server.folder / "first")
        server.listen = f"127.0.0.1:{server.port}"
        server.start()
        server.ready()
        self.assertEqual(self.send(server, file)[0]["rows"], 3, "a new data folder")
        self.assertEqual(self.impressions(server), 3)
        self.assertEqual(server.stop(), 0)
        shutil.rmtree(server.data)
        shutil.move(server.folder / "first", server.data)
        server.start()
        server.ready()
        self.assertEqual(self.send(server, file)[0]["resumed_rows"], 3, "the first again")

    def test_a_restored_backup_gets_what_was_sent_after_it_was_taken(self):
        server = Server()
        self.addCleanup(server.close)
        server.start()
        server.ready()
        self.send(server, self.write(server, ["before"], "one.ndjson"))
        server.command("backup", "--to", str(server.folder / "backup"))
        file = self.write(server, ["a1", "a2", "a3"])
        self.send(server, file)
        self.assertEqual(server.stop(), 0)
        shutil.rmtree(server.data)
        subprocess.run([str(BINARY), "restore", "--from", str(server.folder / "backup"), "--data", str(server.data)],
                       check=True, capture_output=True, timeout=120)
        server.listen = f"127.0.0.1:{server.port}"
        server.start()
        server.ready()
        for i in range(9):                                    # the log is as long as before, and longer
            self.assertEqual(server.post("/v1/events", {"event_id": f"x{i}", "event_type": "click"}).status, 202)
        self.assertEqual(self.send(server, file)[0]["rows"], 3)
        self.assertEqual(self.impressions(server), 4)

    def test_what_another_tenants_key_sent_is_not_taken_for_sent(self):
        server = Server()
        self.addCleanup(server.close)
        other = server.folder / "other.key"
        other.write_text(server.command("keys", "create", "--new-tenant", "--tenant", "2", "--scopes", "import").stdout)
        server.start()
        server.ready()
        file = self.write(server, ["a1", "a2"])
        self.send(server, file)
        self.assertEqual(self.send(server, file, key_file=other)[0]["rows"], 2)

    def test_refused_rows_are_named_by_their_own_numbers_and_add_up(self):
        with Server() as server:
            server.ready()
            file = server.folder / "bad.ndjson"
            file.write_text('a\n\nb\n{"event_type":"nosuch"}\n  \nc\n')
            told, err = self.send(server, file, check=False)
            self.assertEqual([line.split(": ")[1] for line in err.splitlines()], ["row 1", "row 3", "row 4", "row 6"])
            self.assertEqual((told["rows"], told["accepted"], told["rejected"]), (4, 0, 4))
            good = '{"event_id":"g1","event_type":"click"}\n'
            for batch in ("1", "2", "3", "100"):
                mixed = server.folder / f"mixed{batch}.ndjson"
                mixed.write_text("a\n" + good + "b\n\nc\n" + good + "\n")
                told, err = self.send(server, mixed, "--batch", batch)
                self.assertEqual([line.split(": ")[1] for line in err.splitlines()], ["row 1", "row 3", "row 5"])
                self.assertEqual((told["rows"], told["accepted"], told["rejected"]), (5, 2, 3))

    def test_empty_lines_of_a_table_are_no_rows(self):
        with Server() as server:
            server.ready()
            for form, separator in (("csv", ","), ("tsv", "\t")):
                mapping = server.folder / f"{form}.yaml"
                mapping.write_text(f"format: {form}\ncolumns: [id, kind, time]\n"
                                   "fields: {event_id: id, event_type: kind, ts: time}\n")
                lines = ["id,kind,time", "", f"{form}1,click,2020-01-01T00:00:00Z", "", "  ", "short",
                         f"{form}2,click,2020-01-01T00:00:00Z", ""]
                for ending in ("\n", "\r\n"):
                    file = server.folder / f"table{len(ending)}.{form}"
                    file.write_bytes("".join(line.replace(",", separator) + ending for line in lines).encode())
                    told, err = self.send(server, file, "--mapping", str(mapping))
                    self.assertEqual((told["rows"], told["accepted"], told["rejected"]), (3, 2, 1))
                    self.assertEqual([line.split(": ")[1] for line in err.splitlines()], ["row 5"])
                    again, _ = self.send(server, file, "--mapping", str(mapping))
                    self.assertEqual((again["rows"], again["rejected"]), (0, 1))

    def test_a_request_that_is_refused_as_a_whole_settles_no_row(self):
        server = Server()
        self.addCleanup(server.close)
        operator = server.folder / "operator.key"
        operator.write_text(server.command("keys", "create", "--operator").stdout)
        server.start()
        server.ready()
        file = self.write(server, ["a1"])
        done = subprocess.run([str(BINARY), "import", "--url", server.url, "--key-file", str(operator), str(file)],
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, "XDG_STATE_HOME": str(server.folder / "state")})
        self.assertEqual(done.returncode, 1)
        self.assertIn("tenant_required", done.stderr)

    def check(self, server, rows):
        server.caught_up()
        report = server.report(metrics="impressions,clicks,cost", **DAY)
        totals = report["totals"]
        self.assertEqual((totals["impressions"], totals["clicks"]), (len(rows["1"]), len(rows["2"])))
        self.assertEqual(round(totals["cost"] * 1e6), sum(int(r[20]) * 10 for r in rows["1"]))
        by_hour = server.report(metrics="impressions", dimensions="hour", **DAY)["rows"]
        self.assertEqual(sum(r["impressions"] for r in by_hour), 700)
        by_size = server.report(metrics="impressions", dimensions="metadata.slot_size", **DAY)["rows"]
        self.assertEqual({r["metadata.slot_size"]: r["impressions"] for r in by_size},
                         {s: sum(f"{r[13]}x{r[14]}" == s for r in rows["1"]) for s in ("300x250", "960x90")})


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
