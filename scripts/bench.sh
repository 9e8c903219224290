#!/usr/bin/env bash
# Measures the table of docs/performance.md end to end, or runs micro benchmarks:
#   bench.sh                 all rows; the arguments of tests/bench/end_to_end/run.py pass through
#   bench.sh --micro <name>  the micro benchmarks of tests/bench whose name contains <name>, or all
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
cmake --preset release >/dev/null

if [[ ${1:-} != --micro ]]; then
  cmake --build build/release --target adbacus >&2
  export ADBACUS_BINARY=$PWD/build/release/adbacus PYTHONDONTWRITEBYTECODE=1
  exec .deps/venv/bin/python tests/bench/end_to_end/run.py "$@"
fi

name=${2:-all}
if [[ $name == all ]]; then name=; fi
cmake --build build/release --target benches
find build/release -maxdepth 3 -type f -name "*${name}*_bench" -executable | sort |
  while read -r bench; do
    printf '\n=== %s\n' "$(basename "$bench")"
    "$bench" </dev/null
  done
