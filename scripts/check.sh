#!/usr/bin/env bash
# The quick loop: builds the modules you changed (since the last commit, or in it when the tree is
# clean) in the dev preset, runs their unit tests, and tidy. Tests of modules above them: make test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
changed=$(git status --porcelain --untracked-files=all | sed -E 's/^...//; s/.* -> //')
if [[ -z $changed ]]; then changed=$(git diff --name-only HEAD~1 HEAD); fi
modules=$(sed -nE 's|^src/([a-z]+)/.*|\1|p' <<<"$changed" | sort -u)
if grep -qE '^(CMakeLists.txt|CMakePresets.json|cmake/)' <<<"$changed"; then
  modules=$(find src -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)
fi

cmake --preset dev >/dev/null
tests=()
for module in $modules; do
  if [[ -n $(find "src/$module" -name '*_test.cpp' -print -quit) ]]; then tests+=("$module"); fi
done
if ((${#tests[@]} > 0)); then
  cmake --build build/dev --target "${tests[@]/%/_test}"
  ctest --test-dir build/dev --output-on-failure --no-tests=error -j "$(nproc)" \
    -R "^($(IFS='|'; printf '%s' "${tests[*]}"))\$"
fi
python3 tools/tidy.py
scripts/check_format.sh
