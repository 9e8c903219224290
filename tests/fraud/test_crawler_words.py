"""The open list of crawlers becomes words that find what its patterns find, and the library reads them."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "crawler_words.py"
PATTERNS = ["Fetchbat\\/", "[wW]get", "^curl", "(^| )sentry\\/", "SSL Labs$", "Chirp|gotosocial", "S[eE]mrush",
            "\\bword\\b", "a[0-9]+", "ab", "Spider[\\s\\S]*x"]
CASES = {  # agent -> found
    "Fetchbat/2.1": True, "fetchbat/2.1": False, "x wget": True, "WGET": False, "curl": True, "x curl": False,
    "sentry/8": True, "my sentry/8": True, "mysentry/8": False, "by SSL Labs": True, "SSL Labs 2": False,
    "gotosocial": True, "SEmrush": True, "SEMrush": False, "Mozilla/5.0": False,
}


class CrawlerWords(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def convert(self, patterns):
        listed = self.folder / "list.json"
        listed.write_text(json.dumps([{"pattern": pattern, "instances": []} for pattern in patterns]))
        return subprocess.run([sys.executable, str(TOOL), str(listed)], text=True, capture_output=True, check=True)

    def test_patterns_that_words_can_say_become_words(self):
        done = self.convert(PATTERNS)
        self.assertEqual(done.stdout.splitlines()[1:],
                         [" sentry/", "Chirp", "Fetchbat/", "SEmrush", "SSL Labs$", "Semrush", "Wget", "^curl",
                          "^sentry/", "gotosocial", "wget"])
        self.assertEqual(done.stderr.splitlines(), [f"left out: {p}" for p in PATTERNS[-4:]])

    def test_the_library_finds_what_the_patterns_find(self):
        networks, words = self.folder / "networks.txt", self.folder / "words.txt"
        networks.write_text("")
        words.write_text(self.convert(PATTERNS).stdout)
        lines = "".join(f"type=click\ttime_us=1790000000000000\ttenant=1\tevent_id=e\tuser_agent={agent}\n"
                        for agent in CASES)
        judged = subprocess.run([os.environ["ADBACUS_JUDGE_EVENTS"], str(networks), str(words)], input=lines,
                                text=True, capture_output=True, check=True).stdout.splitlines()
        self.assertEqual({agent: "bot_agent" in row for agent, row in zip(CASES, judged)}, CASES)


if __name__ == "__main__":
    unittest.main()
