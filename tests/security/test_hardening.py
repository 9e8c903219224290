"""R26: what the compiler and linker can do for memory safety is in the binary that is shipped."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ADBACUS_BINARY", str(ROOT / "build/release/adbacus"))


def readelf(*flags):
    return subprocess.run(["readelf", "-W", *flags, BINARY], check=True, capture_output=True, text=True).stdout


class Hardening(unittest.TestCase):
    def test_r26_position_independent(self):
        self.assertRegex(readelf("-h"), r"Type:\s+DYN")
        self.assertRegex(readelf("-d"), r"FLAGS_1.*\bPIE\b")

    def test_r26_relocations_are_read_only_and_bound_at_start(self):
        self.assertIn("GNU_RELRO", readelf("-l"))
        self.assertRegex(readelf("-d"), r"BIND_NOW|FLAGS_1.*\bNOW\b")

    def test_r26_stack_is_not_executable_and_no_segment_is_writable_and_executable(self):
        headers = readelf("-l")
        self.assertRegex(headers, r"GNU_STACK\s.*\sRW\s")
        self.assertIsNone(re.search(r"LOAD\s.*\sRWE\s", headers))

    def test_r26_stack_protector(self):
        self.assertIn("__stack_chk_fail", readelf("--dyn-syms"))

    def test_r26_fortified_calls(self):
        self.assertRegex(readelf("--dyn-syms"), r"__(memcpy|memset|read|snprintf|vsnprintf|strcpy|fprintf|pread64?)_chk")

    def test_r26_no_relative_search_path_but_the_binarys_own_folder(self):
        path = re.search(r"(?:RPATH|RUNPATH).*\[(.*)\]", readelf("-d"))
        for folder in path.group(1).split(":") if path else []:
            self.assertTrue(folder.startswith("$ORIGIN") or folder.startswith("/"), folder)

    def test_r26_control_flow_protection_is_compiled_in(self):
        # The note of the whole file needs every library linked in to agree; ours shows in the code.
        entry = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "--disassemble=main", BINARY],
                               check=True, capture_output=True, text=True).stdout
        self.assertRegex(entry, r"<main>:\n\s+[0-9a-f]+:\s+endbr64")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
