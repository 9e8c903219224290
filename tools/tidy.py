#!/usr/bin/env python3
"""Checks what the compiler cannot: layers, sizes, names, plug-ins, banned calls, links.

Usage: tools/tidy.py [root]. Prints one line per finding; exits 1 if there are any. Runs as the test
"tidy" and in `make test`. The rules' tables are in tidy_tables.py.
"""
import pathlib
import re
import subprocess
import sys

import cpp_text
import tidy_tables as tables

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
TYPE_NAME = re.compile(r"\b(?:class|struct|union|concept|enum(?:\s+class)?|using)\s+(\w+)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
SIZED = {".cpp", ".hpp", ".ts", ".tsx", ".py", ".sh"}
CPP = {".cpp", ".hpp"}


def tracked_files(root):
    """Tracked and new files, as git sees them; ignored ones are not ours."""
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True).stdout
    return sorted({name for name in listing.split("\0") if name and (root / name).is_file()})


def is_test(name):
    return name.startswith("tests/") or name.endswith("_test.cpp") or "/testing/" in name


def inside(name, folder):
    return name.startswith(folder.rstrip("/") + "/")


def plugin_of(name):
    """'store/clickhouse/open.hpp' -> ('store', 'clickhouse'); None if it is in no plug-in."""
    for root in tables.PLUGIN_ROOTS:
        rest = name.removeprefix(root + "/")
        if rest == name or "/" not in rest:
            continue
        folder = rest.split("/")[0]
        if folder not in tables.NOT_PLUGINS and f"{root}/{folder}" not in tables.NOT_PLUGINS:
            return root, folder
    return None


def registries(port):
    """The header may name backends for the sake of their options."""
    return [f"{port}/registry.cpp", f"{port}/registry.hpp"]


def check_includes(name, text):
    """Layers, plug-ins and third-party headers of one file below src/ or tests/."""
    below = name.removeprefix("src/")
    module = below.split("/")[0] if below != name else None
    for ours, theirs in INCLUDE.findall(text):
        if ours and module:
            other = ours.split("/")[0]
            if "/" in ours and module != "main.cpp" and other != module:
                if other not in tables.MAY_INCLUDE.get(module, set()):
                    yield f"{name}: {module} may not include {other} ({ours})"
            plugin = plugin_of(ours)
            if plugin and plugin_of(below) != plugin and not is_test(name):
                if below not in registries(plugin[0]):
                    yield f"{name}: only {plugin[0]}/registry.cpp may include {ours}"
        if theirs and not is_standard(theirs):
            yield from check_library(name, below if module else None, theirs)


def is_standard(header):
    return "." not in header or bool(tables.POSIX_HEADERS.match(header))


def check_library(name, below, header):
    prefix = next((p for p in tables.LIBRARIES if header.startswith(p)), None)
    if prefix is None:
        yield f"{name}: <{header}> belongs to no library of tidy_tables.LIBRARIES"
        return
    if prefix in tables.TEST_LIBRARIES:
        if not is_test(name):
            yield f"{name}: <{header}> is for tests only"
        return
    folders = tables.LIBRARIES[prefix]
    if below and folders != ["*"] and not any(inside(below, f) for f in folders):
        yield f"{name}: <{header}> may only be included in {', '.join(folders) or 'tests/bench'}"


def check_size(name, text):
    count = text.count("\n")
    if count > tables.LINES_MAX:
        yield f"{name}: {count} lines, at most {tables.LINES_MAX}"
    if pathlib.PurePath(name).suffix not in CPP:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > tables.COLUMNS_MAX:
            yield f"{name}:{number}: {len(line)} columns, at most {tables.COLUMNS_MAX}"
    for first, last in cpp_text.functions(text):
        if last - first + 1 > tables.FUNCTION_LINES_MAX:
            yield (f"{name}:{first}: function of {last - first + 1} lines, "
                   f"at most {tables.FUNCTION_LINES_MAX}")


def check_names(name, code):
    for word in pathlib.PurePath(name).stem.split("_"):
        if word in tables.EMPTY_FILE_WORDS:
            yield f"{name}: '{word}' in a file name says nothing"
    for match in TYPE_NAME.finditer(code):
        if tables.EMPTY_WORDS.search(match.group(1)):
            yield f"{name}: '{match.group(1)}' is a name that says nothing"


def check_calls(name, code):
    for pattern, folders, instead in tables.BANNED_CALLS:
        if not any(inside(name, folder) for folder in folders):
            for number in cpp_text.lines_with(code, pattern):
                yield f"{name}:{number}: not here, use {instead}"
    if is_test(name) and "/testing/" not in name and not inside(name, "tests/bench"):
        for pattern, instead in tables.BANNED_IN_TESTS:
            for number in cpp_text.lines_with(code, pattern):
                yield f"{name}:{number}: not in a test, use {instead}"


def check_text(name, text):
    if name in tables.BANNED_TEXT_EXEMPT:
        return
    for pattern, reason in tables.BANNED_TEXT:
        for number in cpp_text.lines_with(text, pattern):
            yield f"{name}:{number}: {reason}"


def check_links(root, name, text):
    for match in LINK.finditer(cpp_text.without_code_blocks(text)):
        target = (match.group(1) or match.group(2)).split("#")[0]
        if not target or re.match(r"[a-z]+:", target):
            continue
        base = root if target.startswith("/") else (root / name).parent
        if not (base / target.lstrip("/")).exists():
            yield f"{name}: link to {target}, which is not there"


def check_plugins(root):
    for port in tables.PLUGIN_ROOTS:
        sources = [root / "src" / name for name in registries(port)]
        listed = "".join(source.read_text() for source in sources if source.exists())
        for folder in sorted((root / "src" / port).glob("*/")):
            if not plugin_of(f"{port}/{folder.name}/x") or not any(folder.glob("*.cpp")):
                continue
            if f'"{port}/{folder.name}/' not in listed:
                yield f"src/{port}/{folder.name}: not listed in src/{port}/registry.cpp"


def check_architecture(root, names):
    """Every folder of src/ is named in ARCHITECTURE.md: `src/store/lake` in full, or `lake/` on a
    line that names `src/store`. testing/ folders are the same everywhere and need no line."""
    page = root / "ARCHITECTURE.md"
    if not page.exists():
        yield "ARCHITECTURE.md: missing"
        return
    lines = page.read_text().split("\n")
    folders = {str(pathlib.PurePath(name).parent) for name in names if inside(name, "src")}
    for folder in sorted(folders - {"src"}):
        module, *parts = folder.removeprefix("src/").split("/")
        if "testing" in parts:
            continue
        in_full = re.compile(rf"src/{re.escape('/'.join([module, *parts]))}(?![\w-])")
        on_line = [rf"src/{module}(?![\w-])"] + [rf"(?<!\w){part}/" for part in parts]
        if not any(in_full.search(line) or all(re.search(p, line) for p in on_line)
                   for line in lines):
            yield f"ARCHITECTURE.md: does not name {folder}/"


def check_type_names(root, names):
    """One type, one name: two definitions in headers that no file includes together would still be
    linked as one (the one definition rule), and nothing else reports it."""
    seen = {}
    for name in names:
        if not inside(name, "src") or not name.endswith(".hpp"):
            continue
        for qualified, line in cpp_text.types((root / name).read_text()):
            other = seen.setdefault(qualified, name)
            if other != name:
                yield f"{name}:{line}: {qualified} is also defined in {other}"


def check_version(root):
    """CMake's project version and the one the program prints are the same."""
    cmake, header = root / "CMakeLists.txt", root / "src/app/version.hpp"
    if not cmake.exists() or not header.exists():
        return
    built = re.search(r"project\([^)]*VERSION\s+([\d.]+)", cmake.read_text())
    told = re.search(r'kVersion\s*=\s*"([\d.]+)"', header.read_text())
    if not built or not told or built.group(1) != told.group(1):
        yield "src/app/version.hpp: kVersion differs from project(VERSION) in CMakeLists.txt"


def check_file(root, name):
    path = root / name
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return  # binary: a fixture or an image
    suffix = path.suffix
    yield from check_text(name, text)
    if suffix in SIZED:
        yield from check_size(name, text)
    if suffix == ".md":
        yield from check_links(root, name, text)
    if suffix in CPP:
        code = cpp_text.code_only(text)
        yield from check_includes(name, text)
        yield from check_names(name, code)
        yield from check_calls(name, code)


def findings(root):
    names = tracked_files(root)
    for name in names:
        yield from check_file(root, name)
    yield from check_plugins(root)
    yield from check_architecture(root, names)
    yield from check_type_names(root, names)
    yield from check_version(root)


def main(arguments):
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).parent.parent
    found = list(findings(root.resolve()))
    print("\n".join(found) or "tidy: ok")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
