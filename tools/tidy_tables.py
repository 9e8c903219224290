"""The tables tidy.py checks against. A new row is a decision: say why in the commit."""
import re

# Which modules a module may include. Pointing down only; modules of one layer keep apart.
# eventlog lies below store: a fact batch names log positions.
MAY_INCLUDE = {
    "base": set(),
    "model": {"base"},
    "http": {"base"},
    "objects": {"base"},
    "eventlog": {"model", "base"},
    "store": {"eventlog", "model", "objects", "base"},
    "catalog": {"model", "http", "base"},
    "counters": {"model", "base"},
    "enrich": {"model", "http", "base"},
    "ingest": {"eventlog", "catalog", "enrich", "http", "model", "base"},
    "processor": {"eventlog", "store", "objects", "model", "base"},
    "access": {"catalog", "counters", "http", "model", "base"},
    "admin": {"catalog", "http", "model", "base"},
    "report": {"store", "eventlog", "catalog", "http", "model", "base"},
    "decision": {"eventlog", "store", "catalog", "counters", "enrich", "http", "model", "base"},
}
MAY_INCLUDE["app"] = set(MAY_INCLUDE)

# Folders whose sub-folders are plug-ins: only their registry (and tests) may include them.
PLUGIN_ROOTS = ["eventlog", "store", "catalog", "counters", "objects", "ingest/dialects"]
# Sub-folders of those that are not plug-ins.
NOT_PLUGINS = {"testing", "store/lake", "catalog/schema"}

# Library header (prefix) -> folders of src/ that may include it; "*" = everywhere.
LIBRARIES = {
    "CLI/": ["app"],
    "argon2.h": ["access"],
    "benchmark/": [],  # tests/bench only
    "boost/": ["http"],
    "date/": ["store", "report", "catalog/schema", "app/import", "decision"],
    "duckdb.h": ["store/embedded", "store/lake"],
    "fiu": ["base"],
    "fmt/": ["*"],
    "gmock/": ["*"],
    "gtest/": ["*"],
    "openssl/": ["access", "base", "http", "objects", "eventlog", "catalog", "ingest"],
    "maxminddb.h": ["enrich/geo"],
    "re2/": ["store", "catalog/schema", "decision", "enrich/agent"],
    "simdjson.h": ["ingest", "report", "decision", "enrich/agent", "catalog/schema", "app/backup", "app/dead_letters", "app/import",
                   "app/keys", "app/load", "processor/fraud"],
    "spdlog/": ["base"],
    "sqlite3.h": ["catalog/sqlite"],
    "xxhash.h": ["base"],
    "yaml-cpp/": ["app"],
    "zlib.h": ["http"],
    "zstd.h": ["base", "http", "store/lake"],
}
# Only in tests and testing/ folders, wherever they lie.
TEST_LIBRARIES = ["gtest/", "gmock/"]

POSIX_HEADERS = re.compile(
    r"^(sys|netinet|arpa|linux)/\w+\.h$"
    r"|^(dirent|dlfcn|fcntl|netdb|poll|pthread|sched|signal|stdlib|string|termios|time|unistd)\.h$"
    r"|^(execinfo|cpuid|[a-z]*mmintrin|immintrin)\.h$"
)

# Type and file names that say nothing.
EMPTY_WORDS = re.compile(r"(Manager|Helper|Utils?|Context|Impl)(?![a-z])")
EMPTY_FILE_WORDS = {"manager", "helper", "helpers", "util", "utils", "context", "impl", "common"}

# Only to be called where tests can replace it: (pattern, allowed folders, what to use).
BANNED_CALLS = [
    (r"\bsystem_clock::now\b", ["src/base", "tests/bench"], "base/clock.hpp"),
    (r"\bsteady_clock::now\b", ["src/base", "tests/bench"], "base/clock.hpp"),
    (r"\brandom_device\b", ["src/base"], "base/rng.hpp"),
    (r"\bstd::(?:time|rand|srand|localtime)\(|(?<![\w.>:])(?:time|localtime)\((?:nullptr|NULL|0\)|&)",
     ["src/base"], "base/rng.hpp or base/clock.hpp"),
    (r"(?<!\w)::(?:open|openat|rename)\(", ["src/base"], "base/file_system.hpp"),
    (r"\bstd::rename\(|\bfilesystem::rename\(", ["src/base"], "base/file_system.hpp"),
]
# In tests: wait for a condition, with a bound. Simulators under testing/ may pace themselves.
BANNED_IN_TESTS = [
    (r"\bsleep_(?:for|until)\(|\bu?sleep\(", "a condition with a bound"),
    (r"\bGTEST_SKIP\b|\bDISABLED_", "a test that runs"),
]

# The repository speaks of itself only.
BANNED_TEXT = [
    (r"(?<![\w.])/(?:home|root|work|Users)/\w", "a path of somebody's machine"),
    (r"\bhelpers?\b", "the word is empty: name what it does"),
    (r"\bseeds? 0\d\d\b|\bthe seeds?'s? (?:own )?(?:path|endpoint)",
     "say: compatibility endpoints"),
    (r"https?://[^\s/]*\b(?:registry|artifactory|nexus|pypi|npmjs)\b", "a package registry's host"),
    (r"\b(?:TO" r"DO|FIX" r"ME|XXX)\b", "finish it, or say in docs/ what is missing and why"),
]
# Files whose subject is one of those words.
BANNED_TEXT_EXEMPT = {"tools/tidy_tables.py", "tools/tidy_test.py"}

LINES_MAX = 400
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
