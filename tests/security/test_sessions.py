"""R7, R18, R24: people sign in with passwords; guessing is slow and tells nothing; no other page acts in their name."""
import json
import pathlib
import statistics
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server, wait_until

PASSWORD = "correct horse battery staple"


class Browser:
    """Keeps a session's cookie and its token, and sends what pages of the server send."""

    def __init__(self, server, answer):
        self.server = server
        self.cookie = answer.headers["set-cookie"].split(";")[0]
        self.token = answer.json()["csrf_token"]

    def call(self, method, target, value=None, **headers):
        send = {"Cookie": self.cookie, "Content-Type": "application/json", "Origin": self.server.url,
                "X-Csrf-Token": self.token, **{k.replace("_", "-"): v for k, v in headers.items()}}
        body = None if value is None else json.dumps(value).encode()
        return self.server.request(method, target, body, {k: v for k, v in send.items() if v is not None}, key=False)


class Sessions(unittest.TestCase):
    def setUp(self):
        # The address's bucket is wide here: each test makes its own server, all from one address.
        self.server = Server()
        self.server.start()
        self.addCleanup(self.server.close)

    def user(self, name, role="admin", password=PASSWORD, **fields):
        made = self.server.post("/v1/users", {"email": f"{name}@a.example", "role": role, **fields})
        self.assertEqual(made.status, 201, made.body)
        user = made.json()["id"]
        if password:
            self.assertEqual(self.set_password(user, password).status, 204)
        return user

    def set_password(self, user, password, **kw):
        body = json.dumps({"password": password}).encode()
        return self.server.request("PUT", f"/v1/users/{user}/password", body, **kw)

    def sign_in(self, name, password=PASSWORD, headers=None, **more):
        return self.server.post("/v1/session", {"email": f"{name}@a.example", "password": password, **more},
                                headers=headers or {}, key=False)

    def test_a_session_from_sign_in_to_sign_out(self):
        user = self.user("anna")
        answer = self.sign_in("Anna")
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual({k: v for k, v in answer.json().items() if k in ("tenant_id", "user_id")},
                         {"tenant_id": "1", "user_id": user})
        cookie = answer.headers["set-cookie"]
        self.assertRegex(cookie, r"^adbacus_session=[\w-]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax$")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        anna = Browser(self.server, answer)
        shown = anna.call("GET", "/v1/session").json()
        self.assertEqual((shown["user_id"], shown["csrf_token"]), (user, anna.token))
        self.assertEqual(anna.call("POST", "/v1/campaigns", {"name": "x"}).status, 201)
        entry = self.server.get("/v1/audit?kind=campaign").json()["data"][0]
        self.assertEqual(entry["actor"], f"user:{user}")
        self.assertEqual(anna.call("POST", "/v1/keys", {"scopes": ["all"]}).json()["code"], "missing_scope")
        self.server.stop()
        self.server.start()
        self.assertEqual(anna.call("GET", "/v1/campaigns").status, 200, "it outlives the server")
        out = anna.call("DELETE", "/v1/session")
        self.assertEqual(out.status, 204)
        self.assertIn("Max-Age=0", out.headers["set-cookie"])
        self.assertEqual(anna.call("GET", "/v1/campaigns").status, 401)
        actions = [e["action"] for e in self.server.get("/v1/audit?kind=session").json()["data"]]
        self.assertEqual(actions, ["sign_out", "sign_in"])
        self.assertTrue(self.server.get("/v1/audit/verify").json()["intact"])

    def test_no_other_page_acts_in_somebodys_name(self):
        self.user("anna")
        anna = Browser(self.server, self.sign_in("anna"))
        change = ("POST", "/v1/campaigns", {"name": "x"})
        for headers, code in (({"Origin": None}, "origin_required"), ({"Origin": "null"}, "origin_not_allowed"),
                              ({"Origin": "https://evil.example"}, "origin_not_allowed"),
                              ({"Origin": self.server.url + ".evil.example"}, "origin_not_allowed"),
                              ({"X_Csrf_Token": None}, "csrf_token_wrong"), ({"X_Csrf_Token": "0" * 64}, "csrf_token_wrong"),
                              ({"X_Csrf_Token": anna.cookie.split("=")[1]}, "csrf_token_wrong")):
            answer = anna.call(*change, **headers)
            self.assertEqual((answer.status, answer.json()["code"]), (403, code), headers)
            self.assertNotIn("access-control-allow-origin", answer.headers)
        self.assertEqual(anna.call("DELETE", "/v1/session", Origin="https://evil.example").status, 403)
        self.assertEqual(self.server.get("/v1/campaigns").json()["data"], [])
        self.assertEqual(anna.call(*change).status, 201)
        for origin in ("https://evil.example", "null"):
            answer = self.sign_in("anna", headers={"Origin": origin})
            self.assertEqual((answer.status, answer.json()["code"]), (403, "origin_not_allowed"))
        self.assertEqual(self.sign_in("anna", headers={"Origin": self.server.url}).status, 201)

    def test_who_is_not_let_in_learns_nothing(self):
        self.user("known")
        self.user("paused", status="PAUSED")
        self.user("without", password=None)
        plain = None
        for name, password, more in (("known", "wrong", {}), ("unknown", PASSWORD, {}), ("paused", PASSWORD, {}),
                                     ("without", PASSWORD, {}), ("known", PASSWORD, {"tenant_id": "2"}),
                                     ("known", PASSWORD + "x" * 500, {}), ("' OR 1=1 --", PASSWORD, {})):
            answer = self.sign_in(name, password, **more)
            self.assertEqual(answer.status, 401, (name, more))
            self.assertNotIn("set-cookie", answer.headers)
            seen = {k: v for k, v in answer.json().items() if k != "request_id"}
            plain = plain or seen
            self.assertEqual(seen, plain, name)
        self.assertEqual(plain["code"], "wrong_credentials")

    def test_an_unknown_name_takes_as_long_as_a_known_one(self):
        known = [f"known{i}" for i in range(7)]
        for name in known:
            self.user(name)

        def seconds(name):
            begin = time.monotonic()
            self.assertEqual(self.sign_in(name, "wrong password").status, 401)
            return time.monotonic() - begin

        rows = [(seconds(name), seconds(f"un{name}")) for name in known]
        right, wrong = (statistics.median(column) for column in zip(*rows))
        self.assertLess(max(right, wrong) / min(right, wrong), 2, rows)

    def test_guessing_gets_slow_for_known_and_unknown_names_alike(self):
        self.user("anna")
        for name in ("anna", "nobody"):
            answers = []
            for _ in range(6):
                answers.append(self.sign_in(name, "wrong password"))
            self.assertEqual([a.status for a in answers[:4]], [401] * 4, name)
            self.assertEqual(answers[-1].status, 429, name)
            self.assertEqual(answers[-1].json()["code"], "too_many_tries")
            self.assertGreaterEqual(int(answers[-1].headers["retry-after"]), 1)
        refused = self.server.get("/v1/audit?action=sign_in_refused").json()["data"]
        self.assertGreaterEqual(len(refused), 8)
        wait_until("the right password works after the wait", lambda: self.sign_in("anna").status == 201, 10, 0.2)
        statuses = [self.sign_in(f"name{i}", "wrong password").status for i in range(30)]
        self.assertIn(429, statuses, "one address, many names")

    def test_a_session_ends_with_what_it_stands_on(self):
        user = self.user("anna")

        def ended(browser):
            return lambda: browser.call("GET", "/v1/campaigns").status == 401

        anna = Browser(self.server, self.sign_in("anna"))
        body = {"current": "wrong password!", "password": "another long password"}
        self.assertEqual(anna.call("PUT", "/v1/session/password", body).json()["code"], "wrong_password")
        body["current"] = PASSWORD
        self.assertEqual(anna.call("PUT", "/v1/session/password", {**body, "password": "short"}).status, 422)
        self.assertEqual(anna.call("PUT", "/v1/session/password", body).status, 204)
        self.assertTrue(ended(anna)())
        self.assertEqual(self.sign_in("anna").status, 401)
        anna = Browser(self.server, self.sign_in("anna", "another long password"))
        self.server.request("PATCH", f"/v1/users/{user}", b'{"role":"viewer"}', {"Content-Type": "application/json"})
        wait_until("the new role holds", lambda: anna.call("POST", "/v1/campaigns", {"name": "x"}).status == 403, 5)
        self.assertEqual(anna.call("GET", "/v1/campaigns").status, 200)
        self.server.request("PATCH", f"/v1/users/{user}", b'{"status":"PAUSED"}', {"Content-Type": "application/json"})
        wait_until("who is paused is out", ended(anna), 5)

    def test_only_those_who_may_as_much_set_a_password(self):
        owner, sender = self.user("owner", "owner"), self.user("sender", "sender")
        admin = Browser(self.server, self.sign_in(self.user("boss") and "boss"))
        body = {"password": "a password of the admin's"}
        self.assertEqual(admin.call("PUT", f"/v1/users/{owner}/password", body).json()["code"], "missing_scope")
        self.assertEqual(admin.call("PUT", f"/v1/users/{sender}/password", body).status, 204)
        self.assertEqual(admin.call("PUT", "/v1/users/nobody/password", body).status, 404)
        self.assertEqual(self.sign_in("owner").status, 201)

    def test_no_secret_is_kept(self):
        self.user("anna")
        anna = Browser(self.server, self.sign_in("anna"))
        self.sign_in("anna", "a wrong but secret password")
        self.assertEqual(anna.call("GET", "/v1/session").status, 200)
        self.server.stop()
        secrets = [PASSWORD, "a wrong but secret password", anna.cookie.split("=")[1], anna.token]
        for file in [*self.server.data.rglob("*"), self.server.log_path]:
            if file.is_file():
                content = file.read_bytes()
                for secret in secrets:
                    self.assertNotIn(secret.encode(), content, file)
        self.assertIn(b"$argon2id$v=19$m=19456,t=2,p=1$", (self.server.data / "catalog.sqlite").read_bytes())


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
