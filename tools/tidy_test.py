#!/usr/bin/env python3
"""Each rule of tidy.py finds what it is for, and a clean tree has no findings."""
import pathlib
import subprocess
import tempfile
import unittest

import cpp_text
import tidy

CLEAN = {
    "ARCHITECTURE.md": ("- `src/base` below all, `src/eventlog`, `src/app`\n"
                        "- `src/store`: port, `embedded/`\n"),
    "CMakeLists.txt": "project(adbacus VERSION 1.2.3 LANGUAGES CXX)\n",
    "README.md": "[the design](docs/design.md#top), [out](https://example.org/), `[x](nowhere)`\n",
    "docs/design.md": "up: [readme](../README.md)\n",
    "src/app/version.hpp": 'inline constexpr const char* kVersion = "1.2.3";\n',
    "src/base/clock.cpp": "#include <chrono>\nauto now = std::chrono::system_clock::now();\n",
    "src/eventlog/event_log.hpp": '#include "base/clock.hpp"\n',
    "src/store/registry.cpp": '#include "store/embedded/embedded.hpp"\n',
    "src/store/embedded/embedded.cpp": '#include "eventlog/event_log.hpp"\n#include <duckdb.h>\n',
    "src/store/store_test.cpp": "#include <gtest/gtest.h>\n// not system_clock::now()\n",
}


def findings_with(changes):
    """Findings for the clean tree with some files replaced (None removes one)."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        subprocess.run(["git", "init", "-q", folder], check=True)
        for name, text in {**CLEAN, **changes}.items():
            if text is not None:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
        return list(tidy.findings(root))


CASES = [
    ("a clean tree", {}, None),
    ("include pointing up", {"src/base/x.hpp": '#include "store/a.hpp"\n'},
     "may not include store"),
    ("plug-in included elsewhere", {"src/store/x.cpp": '#include "store/embedded/embedded.hpp"\n'},
     "only store/registry.cpp"),
    ("unlisted plug-in", {"src/store/registry.cpp": "\n"}, "not listed in src/store/registry.cpp"),
    ("library elsewhere", {"src/store/x.cpp": "#include <duckdb.h>\n"}, "may only be included"),
    ("unknown library", {"src/store/x.cpp": "#include <lib/new.hpp>\n"}, "belongs to no library"),
    ("test library in the program", {"src/store/x.cpp": "#include <gtest/gtest.h>\n"},
     "tests only"),
    ("long file", {"src/base/x.cpp": "\n" * 401}, "401 lines"),
    ("long line", {"src/base/x.cpp": "// " + "x" * 98 + "\n"}, "101 columns"),
    ("long function", {"src/base/x.cpp": "int f() {\n" + "  ;\n" * 69 + "}\n"}, "function of 71"),
    ("empty type name", {"src/base/x.cpp": "class KeyManager {};\n"}, "says nothing"),
    ("empty file name", {"src/base/string_utils.cpp": "\n"}, "says nothing"),
    ("clock outside base", {"src/store/x.cpp": "auto t = std::chrono::steady_clock::now();\n"},
     "use base/clock.hpp"),
    ("raw open outside base", {"src/store/x.cpp": "int f() { return ::open(n, 0); }\n"},
     "use base/file_system.hpp"),
    ("sleeping test", {"src/base/x_test.cpp": "void f() { std::this_thread::sleep_for(d); }\n"},
     "not in a test"),
    ("dead link", {"docs/design.md": "[gone](gone.md)\n"}, "docs/design.md: link to gone.md"),
    ("folder without a line", {"src/report/x.cpp": "\n"}, "does not name src/report/"),
    ("sub-folder without a line", {"src/base/sketch/x.cpp": "\n"},
     "does not name src/base/sketch/"),
    ("machine path", {"docs/design.md": "see /ho" "me/me/notes\n"}, "somebody's machine"),
    ("two versions", {"CMakeLists.txt": "project(adbacus VERSION 1.2.4)\n"}, "kVersion differs"),
    ("two types of one name",
     {"src/base/a.hpp": "namespace n {\nstruct Row {\n  int a;\n};\n}\n",
      "src/store/b.hpp": "namespace n {\nclass Row final : public Base {\n};\n}\n"},
     "src/store/b.hpp:2: n::Row is also defined in src/base/a.hpp"),
    ("one name in two namespaces, declared, nested or in a file of its own",
     {"src/base/a.hpp": "namespace n {\nstruct Row {\n};\nstruct Part {\n  enum class Kind { a };\n};\n}\n",
      "src/store/b.hpp": "namespace n::inner {\nstruct Row {\n};\n}\nnamespace n {\nstruct Row;\n"
                         "struct Other {\n  enum class Kind { a };\n};\n"
                         "template <class Row>\nstruct Box {\n};\nnamespace {\nstruct Row {\n};\n}\n}\n"},
     None),
    ("missing overview", {"ARCHITECTURE.md": None}, "ARCHITECTURE.md: missing"),
]


class Tidy(unittest.TestCase):
    def test_cases(self):
        for title, changes, expected in CASES:
            with self.subTest(title):
                found = findings_with(changes)
                if expected is None:
                    self.assertEqual(found, [])
                else:
                    self.assertEqual(len(found), 1, found)
                    self.assertIn(expected, found[0])


class CppText(unittest.TestCase):
    def test_code_only_keeps_lines_and_drops_comments_and_literals(self):
        code = cpp_text.code_only('int a; // now(\nauto s = "x{";\nauto r = R"q(\n{)q"; 10\'000;\n')
        self.assertEqual(code.count("\n"), 4)
        self.assertNotIn("{", code)
        self.assertNotIn("now", code)
        self.assertIn("10'000", code)

    def test_functions_counts_members_and_tests_but_no_tables(self):
        text = ("namespace a {\nconst int kTable[] = {\n    1,\n};\n"  # lines 1-4
                "class B : public C {\n public:\n  int f() const {\n"
                "    return g([] { return 1; });\n  }\n};\n"
                "TEST(A, B) {\n  if (x) {\n  }\n}\n}\n")
        self.assertEqual(list(cpp_text.functions(text)), [(7, 9), (11, 14)])

    def test_types_names_definitions_at_namespace_scope(self):
        text = ("namespace a::b {\nenum class E : int { x };\nstruct S : B<int> {\n  struct In {};\n};\n"
                "template <class T>\nclass C {\n};\nstruct Fwd;\ninline S make() {\n}\nS s{};\n}\n")
        self.assertEqual([name for name, _ in cpp_text.types(text)], ["a::b::E", "a::b::S", "a::b::C"])


if __name__ == "__main__":
    unittest.main()
