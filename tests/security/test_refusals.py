"""Refusals and reads of users are in the audit log: soon, with who and what, and few however many they are."""
import json
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until  # noqa: E402

WITHIN_S = 20  # the server writes every 5 s
FLOOD = 100_000


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(env={"ADBACUS_SERVER__TRUSTED_PROXIES": "127.0.0.1"})
        made = cls.server.command("keys", "create", "--operator", "--name", "watch")
        cls.server.start()
        cls.server.ready()
        cls.operator = made.stdout.strip()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def entries(self, query="", operator=False):
        headers = {"Authorization": f"Bearer {self.operator}"} if operator else {}
        answer = self.server.request("GET", "/v1/audit?limit=1000" + query, headers=headers, key=not operator)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["data"]

    def refusals(self, operator=False, **wanted):
        return [e for e in self.entries("&action=refuse&kind=request", operator)
                if all(e["after"].get(name) == value for name, value in wanted.items())]

    def soon(self, what, found, count):
        wait_until(what, lambda: sum(e["after"]["count"] for e in found()) >= count, WITHIN_S)
        self.assertEqual(sum(e["after"]["count"] for e in found()), count)
        return found()

    def intact(self):
        for headers in ({"Authorization": f"Bearer {self.operator}"}, {"Authorization": f"Bearer {self.server.key}"}):
            verdict = self.server.request("GET", "/v1/audit/verify", headers=headers, key=False).json()
            self.assertTrue(verdict["intact"], verdict)

    def test_who_lacks_a_right_is_in_the_chain_of_his_tenant(self):
        key = self.server.post("/v1/keys", {"scopes": ["ingest"], "name": "k"}).json()
        for i in range(3):
            answer = self.server.request("GET", f"/v1/campaigns/secret-{i}?x=private", key=False, headers={
                "Authorization": f"Bearer {key['key']}", "X-Request-Id": f"r-{i}", "X-Forwarded-For": "203.0.113.77"})
            self.assertEqual(answer.status, 403)
        found = self.soon("403s", lambda: self.refusals(code="missing_scope", network="203.0.113.0/24"), 3)
        first = found[-1]
        self.assertEqual((first["actor"], first["request_id"]), (key["id"], "r-0"))
        self.assertEqual((first["after"]["status"], first["after"]["route"]), (403, "GET /v1/campaigns/{id}"))
        self.assertLessEqual(first["after"]["first"], first["after"]["last"])
        text = json.dumps(self.entries()) + json.dumps(self.entries(operator=True))
        for private in ("203.0.113.77", "secret-0", "x=private"):
            self.assertNotIn(private, text)
        self.intact()

    def test_who_is_not_known_is_in_the_chain_of_operators(self):
        for headers in ({}, {"Authorization": "Bearer adb_nobody.nothing"}):
            answer = self.server.request("POST", "/v1/keys", b"{}", key=False,
                                         headers={**headers, "X-Forwarded-For": "2001:db8:7:8::9"})
            self.assertEqual(answer.status, 401)
        found = self.soon("401s", lambda: self.refusals(True, network="2001:db8:7::/48"), 2)
        self.assertEqual((found[0]["actor"], found[0]["after"]["code"]), ("", "unauthorized"))
        self.assertEqual(self.refusals(network="2001:db8:7::/48"), [])

    def test_a_used_up_quota_is_told_once_with_a_count(self):
        key = self.server.post("/v1/keys", {"scopes": ["read"], "quota": 1, "quota_period_s": 3600}).json()
        head = {"Authorization": f"Bearer {key['key']}"}
        answers = [self.server.request("GET", "/v1/campaigns", headers=head, key=False).status for _ in range(20)]
        self.assertEqual(answers, [200] + [429] * 19)
        found = self.soon("429s", lambda: [e for e in self.refusals(status=429) if e["actor"] == key["id"]], 19)
        self.assertLessEqual(len(found), 3)

    def test_a_flood_is_few_entries_and_none_of_it_is_lost(self):
        """From 1,000 networks, over one connection."""
        def flood():
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as connection:
                answered, tail = 0, b""
                for start in range(0, FLOOD, 500):
                    connection.sendall(b"".join(
                        b"GET /v1/line-items HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.%d.%d.1\r\n\r\n"
                        % (i % 4, i // 4 % 250) for i in range(start, start + 500)))
                    while answered < start + 500:
                        data = connection.recv(1 << 20)
                        self.assertTrue(data)
                        answered += (tail + data).count(b"HTTP/1.1 401")
                        tail = data[-11:]  # shorter than what is looked for
        before = len(self.entries(operator=True))
        flood()
        self.assertLess(len(self.entries(operator=True)) - before, 200)
        self.assertEqual(self.server.stop(), 0)
        self.assertIn(":", self.server.command("audit", "verify").stdout, "the chains are whole, and there is one")
        self.server.start()
        self.server.ready()
        written = [e for e in self.entries(operator=True) if e["action"] == "refuse"
                   and e["after"].get("route", "GET /v1/line-items") == "GET /v1/line-items"
                   and e["after"].get("network", "10.").startswith("10.")]
        self.assertEqual(sum(e["after"]["count"] for e in written), FLOOD)
        self.assertLess(len(written), 400)
        self.intact()

    def test_reads_of_users_say_who_and_what(self):
        made = self.server.post("/v1/users", {"email": "Ann@example.com", "role": "viewer"}).json()
        reads = lambda: [e for e in self.entries("&kind=user&action=read")]  # noqa: E731
        before = len(reads())
        self.assertEqual(self.server.get("/v1/users?limit=1").status, 200)
        self.assertEqual(self.server.get(f"/v1/users/{made['id']}", headers={"X-Request-Id": "look"}).status, 200)
        self.assertEqual(self.server.get("/v1/users/nobody").status, 404)
        self.server.get("/v1/campaigns")
        one, many = reads()[:len(reads()) - before]
        self.assertEqual((one["object_id"], one["request_id"]), (made["id"], "look"))
        self.assertEqual((many["object_id"], many["after"]), ("", {"target": "/v1/users?limit=1", "count": 1}))
        self.assertEqual({one["actor"], many["actor"]}, {self.server.key.split(".")[0]})
        self.intact()


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
