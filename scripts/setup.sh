#!/usr/bin/env bash
# Makes a Debian 12 machine ready to build adbacus: compiler, libraries, DuckDB's shared library and the
# rules that read user agents.
# Installs only what is missing and touches no network when nothing is. Needs root or sudo only
# when a package is missing. Safe to run again and from several shells.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Debian 12 fixes the versions; changing release means changing this list.
packages=(
  g++ cmake ninja-build ccache clang clang-format lld libclang-rt-14-dev pkg-config git
  libboost1.81-dev libsimdjson-dev libfmt-dev libspdlog-dev libcli11-dev libyaml-cpp-dev
  libxxhash-dev libre2-dev libzstd-dev zlib1g-dev libssl-dev libsqlite3-dev libargon2-dev libmaxminddb-dev
  libhowardhinnant-date-dev tzdata
  libgtest-dev libgmock-dev libbenchmark-dev strace faketime libfiu-dev fiu-utils
  python3 python3-venv curl jq ca-certificates
)

# npm package | file inside | sha256 of the package | sha256 of the file
duckdb_library=(@duckdb/node-bindings-linux-x64@1.5.6-r.1 package/libduckdb.so
  1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
  3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633)
duckdb_header=(duckdb@1.4.4 package/src/duckdb/src/include/duckdb.h
  5bb967dcbcd517670ba5f169f238fb9d6787e53752c60ebe24386169d76941ed
  cbe6a827284375c5a646b8f27dbd3a00808ce8738b5bbb49c190cb1e08540281)
user_agent_rules=(uap-core@0.18.0 package/regexes.yaml
  28abde9e093be91293ac8ce7b8304557b73ef1ba48a7cf8429192c0fc720a677
  274c3774ed0c6baca226197d2f978bfc0621720171895475a3775f0b9f9549ba)

# The tests' own reader of Parquet files, in a Python environment of this checkout.
python_duckdb='duckdb==1.5.6 --hash=sha256:73b108c04c932b36c2fa4e41110cc1c3c8cd510eb49f065f92d050be8e6929fd'

lock_wait_s=300
say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

retry() {  # retry <tries> <command…>
  local tries=$1 try
  shift
  for ((try = 1; try <= tries; ++try)); do
    if "$@"; then return 0; fi
    say "attempt $try of $tries failed: $*"
    if ((try < tries)); then sleep $((try * 5)); fi
  done
  return 1
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "needs root or sudo to run: $*"
  fi
}

missing_packages() {
  local installed name
  installed=$(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' 2>/dev/null |
    awk '$2 == "installed" { sub(/:.*/, "", $1); print $1 }')
  for name in "${packages[@]}"; do
    grep -qxF -- "$name" <<<"$installed" || printf '%s\n' "$name"
  done
  # npm comes from Debian or with another Node.js package; only the command matters.
  command -v npm >/dev/null || printf 'npm\n'
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=$lock_wait_s \
    -o Acquire::Retries=3 "$@"
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then return 0; fi
  command -v apt-get >/dev/null || fail "no apt-get here; install these yourself: ${missing[*]}"
  say "installing ${missing[*]}"
  retry 4 apt update || fail "apt-get update failed"
  retry 3 apt install -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get install failed"
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) || fail "still missing: ${missing[*]}"
}

has_sha256() { [[ -f $1 && $(sha256sum <"$1") == "$2  -" ]]; }

fetch_from_npm() {  # fetch_from_npm <target> <package> <file inside> <package sha256> <file sha256>
  local target=$1 package=$2 inside=$3 package_sha=$4 file_sha=$5 folder archive
  if has_sha256 "$target" "$file_sha"; then return 0; fi
  say "fetching $(basename "$target") from $package"
  folder=$(mktemp -d .deps/fetch.XXXXXX)
  # shellcheck disable=SC2064  # expand now: the folder is this call's
  trap "rm -rf '$PWD/$folder'" EXIT
  retry 3 npm pack --silent --pack-destination "$folder" "$package" >/dev/null ||
    fail "npm pack $package failed"
  archive=$(find "$folder" -name '*.tgz')
  has_sha256 "$archive" "$package_sha" || fail "$package does not have the pinned sha256"
  tar -xzf "$archive" -C "$folder" "$inside"
  has_sha256 "$folder/$inside" "$file_sha" || fail "$inside does not have the pinned sha256"
  mv -f "$folder/$inside" "$target"
  rm -rf "$folder"
  trap - EXIT
}

install_packages
mkdir -p .deps/duckdb .deps/uap-core
exec 9>.deps/setup.lock
flock -w $lock_wait_s 9 || fail "another setup has been running for $lock_wait_s s"
# The stamp only saves hashing 70 MB each time; it names the script that wrote it.
stamp=.deps/setup-$(sha256sum <scripts/setup.sh | cut -c1-16).stamp
if [[ ! -f $stamp || ! -f .deps/duckdb/libduckdb.so || ! -f .deps/duckdb/duckdb.h ||
  ! -f .deps/uap-core/regexes.yaml ]]; then
  fetch_from_npm .deps/duckdb/libduckdb.so "${duckdb_library[@]}"
  fetch_from_npm .deps/duckdb/duckdb.h "${duckdb_header[@]}"
  fetch_from_npm .deps/uap-core/regexes.yaml "${user_agent_rules[@]}"
  rm -f .deps/setup-*.stamp
  touch "$stamp"
fi

venv_ready() {
  .deps/venv/bin/python -c 'import duckdb; assert duckdb.__version__ == "1.5.6"' 2>/dev/null
}
if ! venv_ready; then
  say 'preparing the tests'"'"' Python environment'
  rm -rf .deps/venv
  /usr/bin/python3 -m venv .deps/venv
  printf '%s\n' "$python_duckdb" >.deps/requirements.txt
  retry 3 .deps/venv/bin/pip install --quiet --disable-pip-version-check --require-hashes \
    -r .deps/requirements.txt || fail 'pip install duckdb failed'
  venv_ready || fail 'the Python environment of the tests does not work'
fi
