"""The README's curl examples, run as they stand (only the port differs)."""
import json
import re
import subprocess
import sys
import unittest

from harness import ROOT, Server, wait_until

MARK = "<!-- executed by tests/e2e/test_readme.py -->"


def blocks():
    parts = (ROOT / "README.md").read_text().split(MARK)[1:]
    return [re.match(r"\s*```sh\n(.*?)```", part, re.S).group(1) for part in parts]


def run(server, script):
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script.replace(":8080", f":{server.port}")],
                          cwd=server.folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    decoder, at, answers = json.JSONDecoder(), 0, []
    text = done.stdout.strip()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        answers.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return answers


class Readme(unittest.TestCase):
    def test_examples_give_what_the_readme_says(self):
        post, read, decide = blocks()
        with Server() as server:
            server.ready()
            (answer,) = run(server, post)
            self.assertEqual((answer["status"], answer["accepted"], answer["duplicates"]), ("queued", 3, 0))
            (again,) = run(server, post)
            self.assertEqual((again["accepted"], again["duplicates"]), (3, 3))
            wait_until("events are visible", lambda: run(server, read)[0]["conversions"] == 1)
            summary, report = run(server, read)
            self.assertEqual((summary["impressions"], summary["clicks"], summary["revenue_cents"]), (1, 1, 1999))
            self.assertEqual(report["rows"][0]["campaign_id"], "42")
            self.assertEqual(report["rows"][0]["revenue"], 19.99)
            ad, spent, none = run(server, decide)
            self.assertEqual((ad["line_item_id"], ad["creative"]["landing_url"]), ("beds", "https://shop.example/bed"))
            self.assertEqual([(row["line_item_id"], row["impressions"], row["clicks"], row["cost"]) for row in spent["rows"]],
                             [("beds", 1, 1, 0.2)])
            self.assertEqual([item["code"] for item in none["trace"]], ["targeting"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
