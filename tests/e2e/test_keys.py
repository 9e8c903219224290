"""adbacus keys --url and /v1/keys: made, listed and revoked while the server runs, within one tenant."""
import json
import os
import subprocess
import sys
import unittest

from harness import BINARY, Server


class Keys(unittest.TestCase):
    def keys(self, server, *args, key=None, check=True):
        environment = {k: v for k, v in os.environ.items() if k != "ADBACUS_KEY"}
        if key:
            environment["ADBACUS_KEY"] = key
        done = subprocess.run([str(BINARY), "keys", *args, "--url", server.url, "--data", str(server.data)],
                              capture_output=True, text=True, timeout=60, env=environment)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def as_key(self, server, key, method, target, body=None):
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return server.request(method, target, data, headers, key=False)

    def test_a_key_lives_from_its_making_to_its_revocation(self):
        with Server() as server:
            server.ready()
            made = self.keys(server, "create", "--scopes", "read", "--name", "viewer").stdout.strip()
            self.assertEqual(self.as_key(server, made, "GET", "/v1/report?metrics=clicks&from=2026-01-01&to=2026-01-02")
                             .status, 200, "it works at once")
            self.assertEqual(self.as_key(server, made, "GET", "/v1/keys").status, 403)
            self.assertEqual(self.as_key(server, made, "POST", "/v1/keys", {"scopes": ["read"]}).status, 403)
            listed = self.keys(server, "list").stdout
            self.assertIn("viewer", listed)
            self.assertNotIn(made.split(".")[1], listed)
            answer = self.keys(server, "list", "--json").stdout
            self.assertNotIn(made.split(".")[1], answer)
            self.assertEqual(len(json.loads(answer)["keys"]), 2)
            self.keys(server, "revoke", made.split(".")[0])
            self.assertEqual(self.as_key(server, made, "GET", "/v1/report?metrics=clicks").status, 401)
            self.assertEqual(self.keys(server, "revoke", "ak_nosuch", check=False).returncode, 1)
            for route in ("/v1/keys", "/v1/keys/{id}"):
                self.assertIn(route, server.get("/openapi.json").json()["paths"])
            self.assertEqual(server.stop(), 0)
            offline = subprocess.run([str(BINARY), "keys", "list", "--json", "--data", str(server.data)],
                                     capture_output=True, text=True, timeout=60)
            self.assertEqual({k["state"] for k in json.loads(offline.stdout)}, {"live", "revoked"})

    def test_a_repeated_request_makes_no_second_key(self):
        with Server() as server:
            server.ready()

            def post(target, body, name="a"):
                headers = {"Content-Type": "application/json", "Idempotency-Key": name}
                return server.request("POST", target, json.dumps(body), headers)

            first, again = (post("/v1/keys", {"scopes": ["read"]}) for _ in range(2))
            self.assertEqual((first.status, again.status), (201, 201))
            self.assertEqual(again.headers["idempotent-replayed"], "true")
            self.assertEqual(again.json()["id"], first.json()["id"])
            self.assertNotIn("key", again.json(), "the secret is kept nowhere")
            self.assertEqual(post("/v1/keys/", {"scopes": ["read"]}).json()["id"], first.json()["id"])
            other = post("/v1/keys", {"scopes": ["ingest"]})
            self.assertEqual((other.status, other.json()["code"]), (422, "idempotency_key_reused"))
            self.assertEqual(len(server.get("/v1/keys").json()["keys"]), 2)
            rotate = f"/v1/keys/{first.json()['id']}/rotate"
            rotated, again = (post(rotate, {"overlap_hours": 0}) for _ in range(2))
            self.assertEqual((rotated.status, again.status), (201, 201))
            self.assertEqual(again.json()["id"], rotated.json()["id"])
            self.assertEqual(len(server.get("/v1/keys").json()["keys"]), 3)
            self.assertEqual(post("/v1/keys", {"scopes": ["read"]}, "a b").status, 422)
            self.assertEqual(post("/v1/keys", {"scopes": ["read"]}, "b").status, 201)
            made = [post(f"/v1/campaigns{slash}", {"name": "c"}, "c").json()["id"] for slash in ("", "/")]
            self.assertEqual(made[0], made[1])
            actions = [entry["action"] for entry in server.get("/v1/audit?kind=key").json()["data"]]
            self.assertEqual(sorted(actions), ["create", "create", "create", "update"])

    def test_the_last_owner_is_not_shut_out(self):
        with Server() as server:
            server.ready()
            own = server.key.split(".")[0]
            refused = server.request("DELETE", f"/v1/keys/{own}")
            self.assertEqual((refused.status, refused.json()["code"]), (409, "last_owner"))
            user = server.post("/v1/users", {"email": "a@x.example", "role": "owner"}).json()
            patch = {"Content-Type": "application/merge-patch+json"}
            target = f"/v1/users/{user['id']}"
            self.assertEqual(server.request("PATCH", target, '{"role":"admin"}', patch).status, 200)
            second = server.post("/v1/keys", {"scopes": ["all"]}).json()["key"]
            self.assertEqual(server.request("DELETE", f"/v1/keys/{own}").status, 200)
            left = self.as_key(server, second, "DELETE", f"/v1/keys/{second.split('.')[0]}")
            self.assertEqual((left.status, left.json()["code"]), (409, "last_owner"))
            self.assertEqual(self.as_key(server, second, "GET", "/v1/keys").status, 200)

    def test_a_rotated_key_and_its_successor_overlap(self):
        with Server() as server:
            server.ready()
            position = "/v1/position"

            def rotate(key, body, by=server.key):
                return self.as_key(server, by, "POST", f"/v1/keys/{key.split('.')[0]}/rotate", body)

            first = self.keys(server, "create", "--scopes", "read", "--name", "shop", "--quota", "500").stdout.strip()
            second = self.keys(server, "rotate", first.split(".")[0], "--overlap-hours", "1").stdout.strip()
            self.assertEqual([self.as_key(server, k, "GET", position).status for k in (first, second)], [200, 200])
            listed = {k["id"]: k for k in server.get("/v1/keys").json()["keys"]}
            old, new = listed[first.split(".")[0]], listed[second.split(".")[0]]
            self.assertIsNotNone(old["expires_at"])
            self.assertIsNone(new["expires_at"])
            self.assertEqual([(k["name"], k["scopes"], k["quota"]) for k in (old, new)], [("shop", ["read"], 500)] * 2)
            answer = rotate(second, {"overlap_hours": 0})
            self.assertEqual(answer.status, 201)
            third = answer.json()["key"]
            self.assertEqual([self.as_key(server, k, "GET", position).status for k in (second, third)], [401, 200])
            self.assertEqual(rotate(second, {}).json()["code"], "key_ended")
            self.assertEqual(rotate("adb_nothing1", {}).status, 404)
            for wrong in ({"overlap_hours": -1}, {"overlap_hours": "x"}, {"overlap_hours": 9_000}, {"scopes": ["all"]}):
                self.assertEqual(rotate(third, wrong).status, 422, wrong)
            admin = self.keys(server, "create", "--scopes", "admin").stdout.strip()
            self.assertEqual(rotate(third, {}, by=admin).json()["code"], "missing_scope")
            entries = server.get("/v1/audit?kind=key").json()["data"]
            self.assertEqual([e["action"] for e in entries], ["create", "create", "update", "create", "update", "create"])

    def test_nobody_reaches_beyond_tenant_and_scopes(self):
        with Server() as server:
            server.ready()
            self.assertEqual(server.stop(), 0)
            operator = server.command("keys", "create", "--operator").stdout.strip()
            other = server.command("keys", "create", "--tenant", "2", "--new-tenant", "--scopes",
                                   "admin,read").stdout.strip()
            server.start()
            server.ready()
            own = server.get("/v1/keys").json()["keys"]
            self.assertEqual([k["tenant_id"] for k in own], ["1"])
            for body, code in (({"scopes": ["ingest"]}, "missing_scope"),
                               ({"scopes": ["read"], "tenant_id": "1"}, "tenant_mismatch"),
                               ({"scopes": ["read"], "operator": True}, "operator_only"),
                               ({"scopes": ["nosuch"]}, "invalid_body"), ({"scopes": []}, "invalid_body"),
                               ({"scopes": ["read"], "secret": "x"}, "invalid_body"),
                               ({"scopes": ["read"], "expires_days": -1}, "invalid_body"), ([], "invalid_body")):
                answer = self.as_key(server, other, "POST", "/v1/keys", body)
                self.assertEqual(answer.json()["code"], code, (body, answer.body))
            self.assertEqual(self.as_key(server, other, "DELETE", "/v1/keys/" + own[0]["id"]).status, 404)
            self.assertEqual(server.get("/v1/keys").status, 200, "the foreign key still works")
            self.assertEqual(self.as_key(server, operator, "DELETE", "/v1/keys/" + other.split(".")[0]).status, 200)
            self.assertEqual(self.as_key(server, other, "GET", "/v1/keys").status, 401)
            for_two = self.keys(server, "create", "--tenant", "2", "--scopes", "read", key=operator).stdout.strip()
            self.assertEqual(self.as_key(server, for_two, "GET", "/v1/keys").status, 403)
            everything = json.loads(self.keys(server, "list", "--json", key=operator).stdout)["keys"]
            self.assertEqual({k["tenant_id"] for k in everything}, {"1", "2", None})
            self.assertEqual(server.get("/v1/keys", key=False).status, 401)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
