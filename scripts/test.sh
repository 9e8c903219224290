#!/usr/bin/env bash
# Runs the stages named (all of the usual ones by default) and stops at the first that fails:
#   setup    packages and libraries
#   release  release build; unit, end-to-end and tidy tests
#   tidy     format and the rules no compiler checks
#   asan     unit and security tests and fuzz targets under AddressSanitizer and UBSan
#   fuzz     the fuzz targets alone
#   tsan     what threads share, under ThreadSanitizer: each module's selection (CMakeLists.txt)
#   release_all  release build; every test, also those with label long
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)

build() {  # build <preset>
  cmake --preset "$1" >/dev/null
  cmake --build "build/$1"
}

run_ctest() {  # run_ctest <preset> <ctest arguments…>
  local preset=$1
  shift
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@"
}

stage_setup() { scripts/setup.sh; }

stage_release() {
  build release
  run_ctest release -L '^(unit|e2e|tidy)$'
}

stage_release_all() {
  build release
  run_ctest release
}

stage_tidy() {
  python3 tools/tidy.py
  scripts/check_format.sh
}

stage_asan() {
  build asan
  ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
    run_ctest asan -L '^(unit|fuzz|security)$'
}

stage_fuzz() {
  build asan
  run_ctest asan -L '^fuzz$'
}

stage_tsan() {
  build tsan
  TSAN_OPTIONS="suppressions=$PWD/scripts/tsan_suppressions.txt second_deadlock_stack=1" \
    run_ctest tsan -L '^tsan$'
}

stages=("$@")
if ((${#stages[@]} == 0)); then stages=(setup release tidy asan tsan); fi
for stage in "${stages[@]}"; do
  declare -F "stage_$stage" >/dev/null || {
    printf 'test: unknown stage %s\n' "$stage" >&2
    exit 2
  }
done

done_lines=()
for stage in "${stages[@]}"; do
  printf '\n=== %s\n' "$stage"
  start=$SECONDS
  # Not called as a condition: errexit would be off inside it.
  trap 'printf "=== %s FAILED after %d s\n" "$stage" "$((SECONDS - start))" >&2' EXIT
  "stage_$stage"
  trap - EXIT
  printf '=== %s passed in %d s\n' "$stage" "$((SECONDS - start))"
  done_lines+=("$stage $((SECONDS - start)) s")
done
printf '\nall stages passed:\n'
printf '  %s\n' "${done_lines[@]}"
