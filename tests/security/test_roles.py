"""R3: who may do what. Every verb of every path of the server's own table is tried by every kind of caller, and what
comes out is compared with role_matrix.txt. ADBACUS_UPDATE=1 writes that file anew: then read the difference."""
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import Server
from test_tokens import SECRET, b64, claims, settings, token

GOLDEN = pathlib.Path(__file__).with_name("role_matrix.txt")
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The keys that people with these roles would hold ("viewer" has a token: no key views only, and so have owners who are
# limited to an advertiser or a publisher); "none" sends nothing, "wrong" a key that nobody made.
CALLERS = {"owner": ["all"], "admin": ["ingest", "import", "read", "decide", "admin"], "analyst": ["read"],
           "sender": ["ingest"], "import": ["import"], "decide": ["decide"], "only-admin": ["admin"]}
WRONG = "adb_aaaaaaaa." + "A" * 43


class Roles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(env=settings(ADBACUS_ACCESS__JWT_HS256_SECRET=b64(SECRET)))
        cls.server.start()
        cls.server.ready()
        cls.keys = {"none": None, "wrong": WRONG}
        for caller, scopes in CALLERS.items():
            cls.keys[caller] = cls.server.post("/v1/keys", {"scopes": scopes, "name": caller}).json()["key"]
        page = {"public": True, "scopes": ["ingest"], "origins": ["https://shop.example"], "name": "page"}
        cls.keys["viewer"] = token(claims(role="viewer"))
        for kind in ("advertiser", "publisher"):
            cls.keys[f"{kind}'s"] = token(claims(role="owner", **{f"{kind}_id": "7"}))
        cls.keys["page"] = cls.server.post("/v1/keys", page).json()["key"]
        cls.keys["ads-page"] = cls.server.post("/v1/keys", {**page, "scopes": ["decide"]}).json()["key"]

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def call(self, caller, verb, target, body=b"{}"):
        headers = {"Content-Type": "application/json"}
        if self.keys[caller]:
            headers["Authorization"] = f"Bearer {self.keys[caller]}"
        if caller.endswith("page"):
            headers["Origin"] = "https://shop.example"
        return self.server.request(verb, target, None if verb in ("GET", "DELETE") else body, headers, key=False)

    def outcome(self, caller, verb, target):
        """"yes": let in, whatever the handler makes of it; else why not."""
        answer = self.call(caller, verb, target)
        if answer.status == 405:
            return "405"
        if answer.status == 401:
            return "401"
        if answer.status == 403:
            code = answer.json()["code"]
            return {"missing_scope": "no", "limited_caller": "no", "operator_only": "operators"}.get(code, code)
        self.assertLess(answer.status, 500, (caller, verb, target, answer.body))
        return "yes"

    def test_every_verb_of_every_path_lets_in_whom_the_table_names(self):
        paths = json.loads(self.server.get("/openapi.json", key=False).body)["paths"]
        self.assertGreater(len(paths), 40)
        lines = []
        for path in sorted(paths):
            target = path
            while "{" in target:
                target = target.split("{")[0] + "nothing" + target.split("}", 1)[1]
            for verb in VERBS:
                outcomes = {caller: self.outcome(caller, verb, target) for caller in self.keys}
                if verb.lower() not in paths[path]:
                    self.assertEqual(set(outcomes.values()), {"405"}, (verb, path))
                    continue
                self.assertNotIn("405", outcomes.values(), (verb, path))
                if paths[path][verb.lower()].get("x-scopes"):
                    self.assertEqual((outcomes["none"], outcomes["wrong"]), ("401", "401"), (verb, path))
                    outcomes = {c: o for c, o in outcomes.items() if c not in ("none", "wrong")}
                elif set(outcomes.values()) == {"yes"}:
                    outcomes = {"everybody": "yes"}
                allowed = " ".join(c for c, o in outcomes.items() if o == "yes")
                others = "".join(f"; {o}: {c}" for c, o in outcomes.items() if o not in ("yes", "no"))
                lines.append(f"{verb} {path}: {allowed or 'nobody'}{others}\n")
        if os.environ.get("ADBACUS_UPDATE") == "1":
            GOLDEN.write_text("".join(lines))
        self.assertEqual("".join(lines), GOLDEN.read_text())

    def test_nobody_gives_more_than_he_has(self):
        def make(caller, scopes):
            return self.call(caller, "POST", "/v1/keys", json.dumps({"scopes": scopes}).encode())
        self.assertEqual(make("admin", ["admin"]).status, 201)
        for caller, scopes in (("admin", ["own"]), ("admin", ["all"]), ("only-admin", ["read"])):
            answer = make(caller, scopes)
            self.assertEqual((answer.status, answer.json()["code"]), (403, "missing_scope"), scopes)
        for role, status in (("owner", 403), ("admin", 201), ("analyst", 201), ("viewer", 201), ("sender", 201)):
            body = json.dumps({"email": f"{role}@a.example", "role": role}).encode()
            self.assertEqual(self.call("admin", "POST", "/v1/users", body).status, status, role)
        boss = self.server.post("/v1/users", {"email": "boss@a.example", "role": "owner"}).json()["id"]
        for verb, body in (("PATCH", b'{"role":"viewer"}'), ("PATCH", b'{"status":"PAUSED"}'), ("DELETE", b"")):
            self.assertEqual(self.call("admin", verb, f"/v1/users/{boss}", body).json()["code"], "missing_scope")
        bulk = json.dumps([{"id": boss, "email": "boss@a.example", "role": "viewer"}]).encode()
        result = self.call("admin", "POST", "/v1/users/bulk", bulk).json()["results"][0]
        self.assertEqual((result["status"], result["code"]), (403, "missing_scope"))

    def test_only_owners_revoke_an_owners_key(self):
        made = self.server.post("/v1/keys", {"scopes": ["all"]}).json()
        self.assertEqual(self.call("admin", "DELETE", f"/v1/keys/{made['id']}").json()["code"], "missing_scope")
        self.assertEqual(self.call("owner", "DELETE", f"/v1/keys/{made['id']}").status, 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
