"""Describes the machine a benchmark runs on: processor, memory, kernel, load, and its disk measured."""
import hashlib
import math
import mmap
import os
import pathlib
import platform
import subprocess
import time

QUIET_LOAD = 0.5  # of the last minute; above it, figures are too low
KIB = 1024


def first_field(path, name):
    for line in pathlib.Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def quantile(values, q):
    """The smallest value that is not below a share q of all."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


def measure_disk(folder, quick):
    """Sequential writing, and one 64 KiB write with fdatasync into a file that is filled with zeros."""
    path = pathlib.Path(folder) / "disk-probe"
    block = mmap.mmap(-1, KIB * KIB)
    block.write(os.urandom(KIB * KIB))
    blocks = 64 if quick else 1024
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        begin = time.monotonic()
        for _ in range(blocks):
            os.write(file, block)
        os.fdatasync(file)
        write_s = time.monotonic() - begin
        piece = block[:64 * KIB]
        sync_us = []
        for i in range(50 if quick else 1000):
            begin = time.monotonic()
            os.pwrite(file, piece, i * 64 * KIB)
            os.fdatasync(file)
            sync_us.append((time.monotonic() - begin) * 1e6)
    finally:
        os.close(file)
        path.unlink()
        block.close()
    return {"write_mb_per_s": blocks * KIB * KIB / 1e6 / write_s,
            "fdatasync_64k_p50_us": quantile(sync_us, 0.5),
            "fdatasync_64k_p99_us": quantile(sync_us, 0.99)}


def measure_core():
    """Yardsticks that do not change with the program: virtual machines differ from day to day, and so do figures."""
    block = bytearray(os.urandom(KIB * KIB)) * 64

    def best_gb_per_s(work):
        times = []
        for _ in range(5):
            begin = time.monotonic()
            work()
            times.append(time.monotonic() - begin)
        return len(block) / 1e9 / min(times)
    return {"sha256_gb_per_s": best_gb_per_s(lambda: hashlib.sha256(block).digest()),
            "copy_gb_per_s": best_gb_per_s(lambda: bytes(block))}


def wait_quiet(limit_s):
    """Until the load average has fallen, or so many seconds: then a warning will tell."""
    end = time.monotonic() + limit_s
    while os.getloadavg()[0] > QUIET_LOAD and time.monotonic() < end:
        time.sleep(2)


def commit_id(root):
    def git(*args):
        return subprocess.run(["git", "-C", str(root), *args], capture_output=True, text=True,
                              check=False).stdout.strip()
    commit = git("rev-parse", "--short=12", "HEAD") or "unknown"
    return commit + (" and uncommitted changes" if git("status", "--porcelain", "-uno") else "")


def describe(root, folder, quick):
    load_1m = os.getloadavg()[0]
    return {
        "cpu": first_field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        "kernel": platform.release(),
        "niceness": os.nice(0),
        "load_average_1m": load_1m,
        "commit": commit_id(root),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **measure_core(),
        **measure_disk(folder, quick),
    }


def warnings(machine):
    found = []
    if machine["load_average_1m"] > QUIET_LOAD:
        found.append(f"the machine was busy before the start (load {machine['load_average_1m']:.2f} > "
                     f"{QUIET_LOAD}): every figure is a lower bound of what it can do")
    if machine["niceness"] > 0:
        found.append(f"ran at niceness {machine['niceness']}: anything else goes first")
    return found


def text(machine):
    lines = [
        f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']:.1f} GiB, "
        f"Linux {machine['kernel']}; load {machine['load_average_1m']:.2f} before the start.",
        f"One core: SHA-256 {machine['sha256_gb_per_s']:.2f} GB/s; 64 MiB copied into fresh memory at "
        f"{machine['copy_gb_per_s']:.1f} GB/s.",
        f"Disk: {machine['write_mb_per_s']:.0f} MB/s written in sequence; 64 KiB with fdatasync "
        f"p50 {machine['fdatasync_64k_p50_us']:.0f} µs, p99 {machine['fdatasync_64k_p99_us']:.0f} µs "
        "(file of written blocks).",
        f"Commit {machine['commit']}, {machine['time']}.",
    ]
    return "\n".join(lines + [f"WARNING: {warning}." for warning in warnings(machine)])
