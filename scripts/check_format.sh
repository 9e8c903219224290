#!/usr/bin/env bash
# Fails when a tracked C++ file is not as clang-format writes it. `make format` mends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git ls-files -z '*.cpp' '*.hpp' | xargs -0 -r clang-format --dry-run --Werror
printf 'format: ok\n'
