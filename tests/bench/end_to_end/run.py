"""`make bench`: measures the rows of docs/performance.md end to end on this machine.

Prints progress to stderr, the table as Markdown to stdout, and writes everything as JSON. Exit code:
0 measured, 1 a row could not be measured, 3 a row lies below what must be reached (not with --quick,
whose runs are too short to judge).
"""
import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import machine
import rows_decide
import rows_fold
import rows_ingest
import rows_memory
import rows_report
import rows_restart
from bench import Bench, Skipped, write_json
from figures import RowOutcome, table
from harness import BINARY
from load import event_bytes

QUIET_WAIT_S = 240  # the build just before leaves a load average that takes so long to fade

# Name, figures, how one run is measured, number of runs.
ROWS = [
    ("P1", rows_ingest.P1, rows_ingest.measure_p1, 3),
    ("P2", rows_ingest.P2, rows_ingest.measure_p2, 3),
    ("P3", rows_fold.P3, rows_fold.measure_p3, 3),
    ("P4", rows_ingest.P4, rows_ingest.measure_p4, 3),
    ("P5", rows_fold.P5, rows_fold.measure_p5, 3),
    ("P6", rows_report.P6, rows_report.measure_p6, 3),
    ("P8", rows_decide.P8, rows_decide.measure_p8, 3),
    ("P9", rows_restart.P9, rows_restart.measure_p9, 1),
    ("P10", rows_memory.P10, rows_memory.measure_p10, 1),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="", help="names of rows, all by default: 'P1 P4'")
    parser.add_argument("--quick", action="store_true",
                        help="5 s, one run, 1/20 of the events: to try the benchmark out")
    parser.add_argument("--seconds", type=float, help="of each load, 60 by default")
    parser.add_argument("--runs", type=int, help="of each row")
    parser.add_argument("--p2", type=float, help="requests/s, where P4 shall not measure P2 first")
    parser.add_argument("--p3", type=float, help="events/s, where P5 and P6 shall not measure P3 first")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "bench",
                        help="data folders are made here and removed; its disk is what is measured")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "bench" / "results.json")
    options = parser.parse_args()
    names = [name.upper() for name in options.rows.replace(",", " ").split()]
    unknown = set(names) - {row[0] for row in ROWS}
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}; "
                     f"rows are {' '.join(row[0] for row in ROWS)}")
    options.rows = [row for row in ROWS if not names or row[0] in names]
    return options


def measure_row(bench, name, figures, measure, runs):
    outcome = RowOutcome(name, figures)
    bench.outcomes[name] = outcome
    for number in range(1, runs + 1):
        os.sync()  # what earlier runs left to be written shall not be written during this one
        begin = time.monotonic()
        bench.say(f"{name} run {number} of {runs}")
        try:
            run = measure(bench)
        except Skipped as reason:
            outcome.error = f"skipped: {reason}"
        except (Exception, AssertionError) as error:  # the other rows are still worth having
            outcome.error = f"{type(error).__name__}: {error}"
        if outcome.error:
            bench.say(f"{name} run {number} FAILED: {outcome.error}")
            return
        outcome.runs.append(run)
        values = ", ".join(f"{key} {value:.4g}" for key, value in run.values.items())
        bench.say(f"{name} run {number}: {values} ({time.monotonic() - begin:.0f} s)")


def measure_all(options, folder):
    """The machine and the outcomes; what is there is written after each row."""
    if not options.quick:
        machine.wait_quiet(QUIET_WAIT_S)
    facts = machine.describe(ROOT, folder, options.quick)
    bench = Bench(folder=folder, cores=facts["cores"], event_bytes=event_bytes(),
                  quick=options.quick, seconds=options.seconds or (5 if options.quick else 60))
    for warning in machine.warnings(facts):
        bench.say(f"WARNING: {warning}")
    bench.given = {name: rate for name, rate in (("P2", options.p2), ("P3", options.p3)) if rate}
    outcomes = bench.outcomes
    for name, figures, measure, runs in options.rows:
        measure_row(bench, name, figures, measure, options.runs or (1 if options.quick else runs))
        write_json(options.json, {"machine": facts, "quick": options.quick,
                                  "rows": [outcome.as_json() for outcome in outcomes.values()]})
    return facts, list(outcomes.values())


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if not BINARY.exists():
        sys.exit(f"{BINARY} is missing: make build")
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=options.folder))
    try:
        facts, outcomes = measure_all(options, folder)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(machine.text(facts), end="\n\n")
    if options.quick:
        print("QUICK: short runs to try the benchmark out, not figures to publish.", end="\n\n")
    print(table(outcomes))
    if any(outcome.error for outcome in outcomes):
        sys.exit(1)
    if not options.quick and any(outcome.below_floor() for outcome in outcomes):
        sys.exit(3)


if __name__ == "__main__":
    main()
