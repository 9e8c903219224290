#!/usr/bin/env bash
# Builds the micro benchmarks of tests/bench in the release preset and runs them one after another,
# or only those whose name contains the first argument.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
cmake --preset release >/dev/null
cmake --build build/release --target benches
find build/release -maxdepth 3 -type f -name "*${1:-}*_bench" -executable | sort |
  while read -r bench; do
    printf '\n=== %s\n' "$(basename "$bench")"
    "$bench" </dev/null
  done
