"""Servers whose system calls fail by order: strace at the Nth call, libfiu with a probability.

strace counts `when=` for each thread on its own. A run is: traffic under the fault until the server
dies or the traffic has gone on for a while, then a clean start on the same folder and all checks.
"""
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import check
from harness import Server, wait_until
from traffic import Sender


def strace(server, injection, paths=()):
    """Wrapper command: an injection in strace's words, e.g. 'fdatasync:error=EIO:when=3', into calls
    on `paths` (of the data folder) or all. What it did stands in injected_calls(server)."""
    command = ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "0", "-o", str(server.folder / "strace.txt"),
               "-e", f"trace={injection.split(':')[0]}", "-e", f"inject={injection}"]
    for path in paths:
        command += ["-P", str(server.data / path)]
    return command


def injected_calls(server):
    """The calls that strace changed."""
    text = (server.folder / "strace.txt").read_text(errors="replace")
    return [line for line in text.splitlines() if "INJECTED" in line or "DELAYED" in line]


def fiu(*faults):
    """Wrapper command: each fault in libfiu's words, e.g. 'name=posix/io/rw/pwrite,probability=0.05'."""
    command = ["fiu-run", "-x"]
    for fault in faults:
        command += ["-c", f"enable_random {fault}"]
    return command


class FaultRun:
    """What a run under a fault did: `died` with `code`, or lived; `refusals` were 429 or 503."""

    def __init__(self):
        self.died, self.code, self.acked, self.refusals, self.log = False, None, 0, 0, ""


def listens_or_dies(server, timeout_s=60):
    """Waits for either; true if it listens."""
    port_file = server.data / "port"

    def port():
        return port_file.exists() and port_file.read_text().strip()
    wait_until("listens or dies", lambda: server.exited() or port(), timeout_s)
    if not port():
        return False
    server.port = int(port())
    return True


def wrapped_pid(server):
    """The process under the wrapper, or None if it is gone."""
    pid = server.process.pid
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return int(children[0]) if children else None


def is_alive(pid):
    """Until its last thread has ended: the first may be gone while another still waits for the disk."""
    process = pathlib.Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z" or len(list((process / "task").iterdir())) > 1
    except OSError:
        return False


def kill_wrapped(server):
    """kill -9 of both; the wrapper may be gone before the server has let go of its lock."""
    pid = wrapped_pid(server)
    server.kill()
    if pid is not None:
        wait_until("the wrapped process is gone", lambda: not is_alive(pid))


def terminate(server, timeout_s=40):
    """SIGTERM to the wrapped process alone, so that the wrapper sees its end; what it exits with."""
    os.kill(wrapped_pid(server), signal.SIGTERM)
    return server.process.wait(timeout_s)


def run_wrapped(server, seed, seconds=20, batches=None, batch_events=20, stop=False):
    """Traffic on a server that fails, then a clean start, more traffic and every check but replay.
    With `stop` the server that fails is asked to end, else it is killed."""
    run = FaultRun()
    server.start(wait=False)
    sender = Sender(server, seed, batch_events=batch_events)
    if listens_or_dies(server):
        sender.start()
        end = time.monotonic() + seconds
        while not server.exited() and time.monotonic() < end:
            if batches is not None and sender.acked_batches >= batches:
                break
            time.sleep(0.02)
    run.died = server.exited()
    run.code = server.process.returncode
    if stop and not run.died:
        run.code = terminate(server)
    run.acked, run.refusals = sender.acked_batches, sender.refusals
    run.log = server.log_tail(200_000)
    kill_wrapped(server)
    server.wrapper = []
    server.start()
    server.ready()
    if sender.ident is None:
        sender.start()
    acked = sender.acked_batches
    wait_until("traffic flows again", lambda: sender.acked_batches > acked + 2)
    sender.stop()
    assert server.stop() == 0, server.log_tail()
    check.check_all(server, sender.ledger, replay=False)
    return run


def run_with_fault(inject, seed):
    """(died, exit code) of a server under one strace injection; it recovered and nothing was lost."""
    server = Server()
    server.wrapper = strace(server, inject)
    try:
        run = run_wrapped(server, seed)
        return run.died, run.code
    finally:
        server.close()
