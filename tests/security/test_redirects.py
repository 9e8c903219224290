"""R9: a click link leads only where its tenant decided, whatever is sent along; and R2 for what links refer to."""
import datetime
import json
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until  # noqa: E402

ATTACKS = ("//evil.example", "///evil.example", "https:evil.example", "https:/evil.example", "\\evil.example",
           "\\\\evil.example", "https:\\\\evil.example", "/\\evil.example", "javascript:alert(1)",
           "JaVaScRiPt://shop.example/%0aalert(1)", "data:text/html,x", "https://shop.example\r\nSet-Cookie: a=b",
           "https://shop.example/%0d%0aSet-Cookie: a=b", "https://shop.example@evil.example/",
           "https://shop.example:x@evil.example", "https://shop.example\\@evil.example", "https://shop.example.evil.example",
           "https://evilshop.example", "https://evil.example/#.shop.example", "https://evil.example?.shop.example",
           "https://sh\u00f6p.example/", "https://shop\u3002example/", "https://xn--shp-sna.example/",
           "https://shop.example\u2044.evil.example", "http://shop.example/", "ftp://shop.example/", "https://", "shop.example",
           "https://shop.example//evil.example", " https://shop.example/", "https://shop.example /")


class Redirects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.server.ready()
        for kind, fields in (("campaigns", {"id": "spring", "name": "Spring"}), ("placements", {"id": "pl", "key": "top"}),
                             ("line-items", {"id": "li", "campaign_id": "spring", "placement_id": "pl", "bid_cents": 1}),
                             ("creatives", {"id": "cr", "line_item_id": "li",
                                            "landing_url": "https://shop.example/bed?c={click_id}"})):
            answer = cls.server.post(f"/v1/{kind}", fields)
            assert answer.status == 201, answer.body

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def link(self, **fields):
        answer = self.server.post("/v1/links", fields)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["path"]

    def follow(self, path, method="GET", **headers):
        return self.server.request(method, path, headers=headers, key=False)

    def clicks(self):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        after = self.server.get("/v1/position").json()["position"]
        return self.server.report(metrics="clicks", filter="campaign_id:eq:spring", after=after,
                                  **{"from": today - datetime.timedelta(days=1),
                                     "to": today + datetime.timedelta(days=2)})["totals"]["clicks"]

    def redirects(self, result):
        text = self.server.get("/metrics").body.decode()
        line = f'adbacus_click_redirects_total{{result="{result}"}} '
        return sum(int(row.split()[-1]) for row in text.splitlines() if row.startswith(line))

    def test_a_click_goes_to_the_creatives_page_and_is_counted_once(self):
        path = self.link(creative_id="cr")
        before, stored = self.clicks(), self.redirects("counted")
        answer = self.follow(path + "?user_id=u-1", Referer="https://news.example/a")
        self.assertEqual(answer.status, 302)
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(answer.body, b"")
        self.assertRegex(answer.headers["location"], r"^https://shop\.example/bed\?c=[0-9a-f-]{36}$")
        head = self.follow(path, "HEAD")
        self.assertEqual((head.status, head.body), (302, b""))
        for name in ("Sec-Purpose", "Purpose", "X-Moz"):
            self.assertEqual(self.follow(path, **{name: "prefetch"}).status, 302)
        wait_until("the click is stored", lambda: self.redirects("counted") == stored + 1)
        self.assertEqual(self.clicks(), before + 1)

    def test_a_changed_landing_page_acts_at_once_and_a_deleted_creative_leads_nowhere(self):
        self.server.post("/v1/creatives", {"id": "old", "line_item_id": "li", "landing_url": "https://shop.example/1"})
        path = self.link(creative_id="old")
        self.assertEqual(self.follow(path).headers["location"], "https://shop.example/1")
        changed = self.server.request("PATCH", "/v1/creatives/old", json.dumps({"landing_url": "https://shop.example/2"}),
                                      {"Content-Type": "application/json"})
        self.assertEqual(changed.status, 200)
        self.assertEqual(self.follow(path).headers["location"], "https://shop.example/2")
        self.assertEqual(self.server.request("DELETE", "/v1/creatives/old").status, 204)
        gone = self.follow(path)
        self.assertEqual((gone.status, gone.json()["code"]), (404, "no_destination"))
        self.assertNotIn("location", gone.headers)

    def test_no_attack_is_followed(self):
        open_path = self.link(domains=["shop.example"])
        good = self.follow(open_path + "?url=" + urllib.parse.quote("https://www.shop.example/x", safe=""))
        self.assertEqual((good.status, good.headers["location"]), (302, "https://www.shop.example/x"))
        fixed = self.link(creative_id="cr")
        for attack in ATTACKS:
            quoted = urllib.parse.quote(attack, safe="")
            for path in (f"{open_path}?url={quoted}", f"{fixed}?url={quoted}", f"/v1/c/{quoted}"):
                answer = self.follow(path)
                self.assertEqual(answer.status, 400, (path, attack, answer.headers))
                self.assertNotIn("location", answer.headers, (path, attack))
                self.assertNotIn("set-cookie", answer.headers, (path, attack))

    def test_no_token_but_its_own_is_taken(self):
        path = self.link(destination="https://shop.example/x")
        token = path.removeprefix("/v1/c/")
        for at in range(0, len(token), 7):
            other = "A" if token[at] != "A" else "B"
            answer = self.follow("/v1/c/" + token[:at] + other + token[at + 1:])
            self.assertEqual((answer.status, answer.json()["code"]), (400, "bad_token"), at)
            self.assertNotIn("location", answer.headers)
        self.server.stop()
        self.server.start().ready()
        self.assertEqual(self.follow(path).headers["location"], "https://shop.example/x", "after a restart too")
        with Server() as stranger:
            stranger.ready()
            answer = stranger.request("GET", path, key=False)
            self.assertEqual((answer.status, "location" in answer.headers), (400, False), "another server's link")

    def test_links_are_made_for_ones_own_objects_only(self):
        for body in ({"creative_id": "nope"}, {"ad_id": "nope", "destination": "https://shop.example"}):
            answer = self.server.post("/v1/links", body)
            self.assertEqual((answer.status, answer.json()["code"]), (404, "reference_not_found"))
        self.assertEqual(self.server.post("/v1/links", {}).status, 422)
        self.assertEqual(self.server.request("POST", "/v1/links", b"{}", key=False).status, 401)


if __name__ == "__main__":
    unittest.main()
