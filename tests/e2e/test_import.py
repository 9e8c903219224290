"""adbacus import with the shipped iPinYou mapping, on a small generated sample in the same format."""
import os
import random
import subprocess
import sys
import unittest

from harness import BINARY, ROOT, Server

MAPPING = ROOT / "docs/examples/ipinyou.yaml"
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
