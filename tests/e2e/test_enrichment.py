"""What events and requests are told by their address, user agent and privacy signals, on a real server."""
import collections
import datetime
import ipaddress
import os
import pathlib
import random
import tempfile
import unittest

import mmdb
from harness import Server, wait_until

PHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/17.4.1 Mobile/15E148 Safari/604.1")
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"
SEED = int(os.environ.get("ADBACUS_SEED", 20261121))


def place(country, region=None, city=None):
    known = {"country": {"iso_code": country}}
    if region:
        known["subdivisions"] = [{"iso_code": region}]
    if city:
        known["city"] = {"names": {"en": city}}
    return known


class Enriched(unittest.TestCase):
    def serve(self, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="adbacus-geo-"))
        self.addCleanup(lambda: [*(path.unlink() for path in self.folder.iterdir()), self.folder.rmdir()])
        env = {f"ADBACUS_{name.upper()}": str(value) for name, value in settings.items()}
        self.server = Server(env=env)
        self.addCleanup(self.server.close)

    def start(self):
        self.server.start().ready()

    def send(self, *events, **headers):
        answer = self.server.post("/v1/events", [{"event_type": "impression", **event} for event in events], headers=headers)
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(answer.json()["accepted"], len(events), answer.body)

    def rows(self, dimensions, metrics="impressions"):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        after = self.server.get("/v1/position").json()["position"]
        return self.server.report(metrics=metrics, dimensions=dimensions, after=after, limit=10_000,
                                  **{"from": today - datetime.timedelta(days=1),
                                     "to": today + datetime.timedelta(days=2)})["rows"]

    def counts(self, dimensions):
        names = dimensions.split(",")
        return {tuple(row[name] for name in names): row["impressions"] for row in self.rows(dimensions)}


class Agents(Enriched):
    def test_events_are_counted_by_device_system_and_browser(self):
        self.serve()
        self.start()
        self.send({"user_agent": PHONE}, {"user_agent": PHONE, "device": "tv"}, {"user_agent": DESKTOP}, {},
                  {"sua": {"browsers": [{"brand": "Brave", "version": ["1"]}], "platform": {"brand": "Windows"}, "mobile": 0}})
        self.send({}, **{"X-Device-User-Agent": DESKTOP})
        self.assertEqual(self.counts("device,os,browser"),
                         {("mobile", "iOS", "Safari"): 1, ("tv", "iOS", "Safari"): 1, ("desktop", "Linux", "Firefox"): 2,
                          ("desktop", "Windows", "Brave"): 1, (None, None, None): 1})

    def test_line_items_are_targeted_by_what_the_agent_says(self):
        self.serve()
        self.start()
        def make(kind, **fields):
            answer = self.server.post(f"/v1/{kind}", fields)
            self.assertEqual(answer.status, 201, answer.body)
            return answer.json()["id"]
        placement = make("placements", key="top")
        campaign = make("campaigns", name="c", status="ACTIVE")
        item = make("line-items", campaign_id=campaign, placement_id=placement, bid_cents=100,
                    targeting_json={"all": [{"field": "device", "op": "eq", "value": "mobile"},
                                            {"field": "os_version", "op": "gte", "value": 17}]})
        make("creatives", line_item_id=item, landing_url="https://shop.example/")
        def status(agent=None, **context):
            headers = {"X-Device-User-Agent": agent} if agent else {}
            return self.server.post("/v1/decision", {"placement_key": "top", "context": context}, headers=headers).status
        wait_until("the line item is served", lambda: status(PHONE) == 200)
        self.assertEqual(status(DESKTOP), 204)
        self.assertEqual(status(), 204)
        self.assertEqual(status(DESKTOP, user_agent=PHONE), 200)
        self.assertEqual(status(PHONE, device="tv"), 204)


class Places(Enriched):
    def test_addresses_are_found_as_the_file_says(self):
        self.serve()
        rng = random.Random(SEED)
        print("seed", SEED)
        networks = {"2001:db8::/32": place("US", "CA", "Springfield"), "10.0.0.0/8": place("BR")}
        for _ in range(200):
            base = ipaddress.ip_address(0x0a000000 + rng.getrandbits(24))
            network = ipaddress.ip_network(f"{base}/{rng.randint(9, 32)}", strict=False)
            networks[str(network)] = place(rng.choice(["US", "CA", "JP", "AU"]), f"R{rng.randint(1, 9)}",
                                           rng.choice([None, "Ōsaka", "Perth"]))
        mmdb.write(self.folder / "places.mmdb", networks)
        self.server.env["ADBACUS_GEO__PLACE_FILE"] = str(self.folder / "places.mmdb")
        self.start()
        parsed = [(ipaddress.ip_network(text), known) for text, known in networks.items()]
        def expected(ip):
            inside = [(network.prefixlen, known) for network, known in parsed
                      if network.version == ip.version and ip in network]
            if not inside:
                return None, None, None
            known = max(inside, key=lambda found: found[0])[1]
            return (known["country"]["iso_code"], known.get("subdivisions", [{"iso_code": None}])[0]["iso_code"],
                    known.get("city", {"names": {"en": None}})["names"]["en"])
        addresses = [ipaddress.ip_address(0x0a000000 + rng.getrandbits(24)) for _ in range(300)]
        addresses += [network.network_address for network, _ in parsed]
        addresses += [ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("2001:db9::1")]
        self.send(*({"ip": str(ip)} for ip in addresses))
        self.assertEqual(self.counts("country,region,city"), dict(collections.Counter(map(expected, addresses))))

    def test_networks_are_known_by_their_autonomous_system(self):
        self.serve()
        mmdb.write(self.folder / "networks.mmdb", {"203.0.113.0/24": {"autonomous_system_number": 64_500,
                                                                      "autonomous_system_organization": "Example"},
                                                   "2001:db8::/32": {"autonomous_system_number": 4_200_000_000}})
        self.server.env["ADBACUS_GEO__NETWORK_FILE"] = str(self.folder / "networks.mmdb")
        self.start()
        self.send({"ip": "203.0.113.9"}, {"ip": "203.0.113.9", "metadata": {"room": "lobby"}}, {"ip": "2001:db8::1"},
                  {"ip": "192.0.2.1"}, {"ip": "203.0.113.9", "metadata": {"asn": "mine"}})
        self.assertEqual(self.counts("asn"), {("64500",): 2, ("4200000000",): 1, ("mine",): 1, (None,): 1})
        self.assertEqual(self.counts("asn,metadata.room")[("64500", "lobby")], 1)

    def test_what_the_sender_says_stays(self):
        self.serve()
        mmdb.write(self.folder / "places.mmdb", {"203.0.113.0/24": place("US", "CA", "Fresno")})
        self.server.env["ADBACUS_GEO__PLACE_FILE"] = str(self.folder / "places.mmdb")
        self.start()
        self.send({"ip": "203.0.113.9", "country": "JP"}, {"ip": "203.0.113.9", "country": "us", "city": "Here"},
                  {"ip": "203.0.113.0/24"}, {"ip": "nowhere"})
        self.assertEqual(self.counts("country,region,city"),
                         {("JP", None, None): 1, ("US", "CA", "Here"): 1, ("US", "CA", "Fresno"): 1, (None, None, None): 1})

    def test_a_new_file_is_read_and_a_bad_one_is_not(self):
        self.serve()
        path = self.folder / "places.mmdb"
        mmdb.write(path, {"203.0.113.0/24": place("US")})
        self.server.env["ADBACUS_GEO__PLACE_FILE"] = str(path)
        self.start()
        def country():
            self.send({"ip": "203.0.113.9"})
            return {row["country"] for row in self.rows("country")}
        self.assertEqual(country(), {"US"})
        mmdb.write(path, {"203.0.113.0/24": place("JP")})
        wait_until("the new file is in use", lambda: "JP" in country(), interval_s=0.5)
        path.write_bytes(path.read_bytes()[:-40])
        def status():
            return self.server.get("/readyz").json()
        wait_until("the bad file is refused", lambda: "problem" in status()["geo"]["places"], interval_s=0.2)
        self.assertTrue(status()["degraded"])
        self.assertTrue(status()["geo"]["places"]["loaded"])
        self.assertIn('adbacus_geo_file_refused{file="places"} 1', self.server.get("/metrics").body.decode())
        before = self.counts("country")[("JP",)]
        country()
        self.assertEqual(self.counts("country")[("JP",)], before + 1, "the last good copy is in use")
        mmdb.write(path, {"203.0.113.0/24": place("CA")})
        wait_until("a good file again", lambda: "CA" in country(), interval_s=0.5)
        self.assertFalse(status()["degraded"])

    def test_a_file_that_is_missing_at_the_start_is_no_reason_to_refuse_events(self):
        self.serve()
        self.server.env["ADBACUS_GEO__PLACE_FILE"] = str(self.folder / "places.mmdb")
        self.start()
        self.send({"ip": "203.0.113.9"})
        self.assertFalse(self.server.get("/readyz").json()["geo"]["places"]["loaded"])


class Landings(Enriched):
    def test_events_are_counted_by_the_campaign_that_their_page_names(self):
        self.serve()
        self.start()
        page = "https://shop.example/?utm_source=news+letter&utm_medium=e%2Dmail&utm_campaign=%C3%84ste&utm_id=7"
        self.send({"url": page}, {"url": page, "metadata": {"utm_source": "mine"}}, {"url": page, "utm_source": "too"},
                  {"url": "https://shop.example/b", "referrer": page}, {"url": "https://b.example/", "referrer": page})
        self.assertEqual(self.counts("utm_source,utm_medium,utm_campaign,utm_id"),
                         {("news letter", "e-mail", "Äste", "7"): 2, ("mine", "e-mail", "Äste", "7"): 1,
                          ("too", "e-mail", "Äste", "7"): 1, (None, None, None, None): 1})


class Consent(Enriched):
    def reach(self, **event):
        self.send({"user_id": "u-1", "campaign_id": event.pop("case"), **event})

    def test_users_are_counted_as_far_as_they_allow(self):
        self.serve()
        self.start()
        full = "CQSbk4AQSbk4ANwAAAENAwEgAPIAAAAAAAYgAAAAAAAA"
        cases = {"none": ({}, 1), "gdpr": ({"gdpr": True}, 0), "full": ({"gdpr": True, "tcf": full}, 1),
                 "coppa": ({"coppa": 1}, 0), "lmt": ({"lmt": 1}, 1), "gpc": ({"gpc": True}, 1)}
        for case, (consent, _) in cases.items():
            self.reach(case=case, **({"consent": consent} if consent else {}))
        found = {row["campaign_id"]: (row["impressions"], row["reach"] or 0)
                 for row in self.rows("campaign_id", "impressions,reach")}
        self.assertEqual(found, {case: (1, users) for case, (_, users) in cases.items()})

    def test_gdpr_applies_by_the_place_of_the_address(self):
        self.serve()
        mmdb.write(self.folder / "places.mmdb", {"203.0.113.0/24": place("DE"), "198.51.100.0/24": place("US")})
        self.server.env["ADBACUS_GEO__PLACE_FILE"] = str(self.folder / "places.mmdb")
        self.start()
        self.reach(case="de", ip="203.0.113.9")
        self.reach(case="us", ip="198.51.100.9")
        self.reach(case="no address", country="DE")
        self.reach(case="de, said", ip="203.0.113.9", consent={"gdpr": False})
        found = {row["campaign_id"]: row["reach"] or 0 for row in self.rows("campaign_id", "impressions,reach")}
        self.assertEqual(found, {"de": 0, "us": 1, "no address": 1, "de, said": 1})


if __name__ == "__main__":
    unittest.main()
