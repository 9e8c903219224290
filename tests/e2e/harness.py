"""Runs a real adbacus process for tests: own data folder, free port, bounded waits, always cleaned up."""
import gzip
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("ADBACUS_BINARY", ROOT / "build/release/adbacus"))
LONG = os.environ.get("ADBACUS_LONG") == "1"


def wait_until(what, condition, timeout_s=30.0, interval_s=0.02):
    """Polls `condition` until it is truthy and returns its value; fails loudly after timeout_s."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"timed out after {timeout_s} s: {what}")
        time.sleep(interval_s)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Server:
    """One data folder and the process that serves it; start() may be called again after kill()."""

    def __init__(self, *args, env=None, wrapper=(), data=None):
        self.own_folder = data is None
        self.folder = pathlib.Path(data or tempfile.mkdtemp(prefix="adbacus-test-"))
        self.data = self.folder / "data"
        self.args, self.env, self.wrapper = list(args), dict(env or {}), list(wrapper)
        self.process = None
        self.port = None
        self.listen = "127.0.0.1:0"
        self.log_path = self.folder / "server.log"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.close()

    def start(self, timeout_s=60, wait=True):
        assert self.process is None or self.process.poll() is not None
        port_file = self.data / "port"
        port_file.unlink(missing_ok=True)
        command = [*self.wrapper, str(BINARY), "serve", "--data", str(self.data),
                   "--listen", self.listen, *self.args]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.env}, start_new_session=True)
        if not wait:
            return self
        wait_until(f"server listens\n{self.log_tail()}",
                   lambda: self.exited() or port_file.exists() and port_file.read_text().strip(), timeout_s)
        if self.exited():
            raise AssertionError(f"server exited with {self.process.returncode}\n{self.log_tail()}")
        self.port = int(port_file.read_text())
        wait_until("reports are answered", lambda: self.exited() or not self.is_starting(), timeout_s)
        return self

    def is_starting(self):
        """Takes events, but does not answer reports yet."""
        return self.get("/readyz").json().get("reason", "").startswith("starting")

    def caught_up(self, timeout_s=30):
        """Everything that is durable now is in reports: for reads that have no position to name."""
        durable = self.get("/readyz").json()["log"]["synced"]
        wait_until("all is visible", lambda: self.get("/readyz").json()["store"]["visible"] >= durable, timeout_s)

    def ready(self, timeout_s=30):
        def is_ready():
            if self.exited():
                raise AssertionError(f"server exited with {self.process.returncode}\n{self.log_tail()}")
            try:
                return self.get("/readyz").status == 200
            except OSError:
                return False  # it may just be going down: exited() tells the next time
        wait_until("/readyz is 200", is_ready, timeout_s)
        return self

    def exited(self):
        return self.process.poll() is not None

    def log_tail(self, size=4000):
        return self.log_path.read_text(errors="replace")[-size:] if self.log_path.exists() else ""

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def kill(self):
        """kill -9 and wait for the end."""
        if self.process and not self.exited():
            self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait(30)

    def stop(self, timeout_s=40):
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def close(self):
        self.kill()
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def key(self):
        return (self.data / "admin.key").read_text().strip()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, target, body=None, headers=None, timeout_s=30, key=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            send = dict(headers or {})
            if key:
                send.setdefault("Authorization", f"Bearer {self.key}")
            connection.request(method, target, body, send)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, target, **kw):
        return self.request("GET", target, **kw)

    def post(self, target, value, compress=False, **kw):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        headers = {"Content-Type": "application/json", **kw.pop("headers", {})}
        if compress:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        return self.request("POST", target, body, headers, **kw)

    def report(self, **params):
        answer = self.get("/v1/report?" + urllib.parse.urlencode(params))
        assert answer.status == 200, (answer.body, self.log_tail(6000))
        return answer.json()

    def command(self, *args, timeout_s=300, check=True, env=None):
        """Runs another adbacus subcommand offline on this data folder."""
        done = subprocess.run([str(BINARY), *args, "--data", str(self.data)], timeout=timeout_s,
                              capture_output=True, text=True, env={**os.environ, **(env or {})})
        if check and done.returncode != 0:
            raise AssertionError(f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done
