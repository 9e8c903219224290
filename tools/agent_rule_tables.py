#!/usr/bin/env python3
"""Turns uap-core's regexes.yaml into C++ tables (src/enrich/agent/agent_rule_tables.hpp).

Usage: agent_rule_tables.py <regexes.yaml> <output.cpp>. The file is a list of maps of texts in single
quotes, so lines are enough to read it; a line of another form is an error, not a rule less.
"""
import pathlib
import re
import sys

SECTION = re.compile(r"^(user_agent|os|device)_parsers:\s*$")
ENTRY = re.compile(r"^\s+(- )?(\w+):\s*'((?:[^']|'')*)'\s*(?:#.*)?$")
# The keys of a section: pattern, flag, then what stands for the name and its version.
KEYS = {
    "user_agent": ("regex", "regex_flag", "family_replacement", "v1_replacement",
                   "v2_replacement"),
    "os": ("regex", "regex_flag", "os_replacement", "os_v1_replacement", "os_v2_replacement"),
    "device": ("regex", "regex_flag", "device_replacement"),
}


def read_rules(text):
    rules = {name: [] for name in KEYS}
    section = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        heading = SECTION.match(line)
        if heading:
            section = rules[heading.group(1)]
            continue
        entry = ENTRY.match(line)
        if section is None or not entry:
            sys.exit(f"regexes.yaml:{number}: not understood: {line}")
        if entry.group(1):
            section.append({})
        section[-1][entry.group(2)] = entry.group(3).replace("''", "'")
    return rules


def literal(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if not escaped.isascii():
        escaped = "".join(c if c.isascii() else "".join(f"\\{b:03o}" for b in c.encode())
                          for c in escaped)
    return f'"{escaped}"'


def row(rule, keys):
    values = [rule.get(key, "") for key in keys] + [""] * (5 - len(keys))
    pattern, flag, name, major, minor = values
    case = "true" if flag == "i" else "false"
    return f"    {{{literal(pattern)}, {case}, {literal(name)}, {literal(major)}, {literal(minor)}}},"


def main(source, target):
    rules = read_rules(pathlib.Path(source).read_text())
    lines = ["// Made by tools/agent_rule_tables.py.", '#include "enrich/agent/agent_rule_tables.hpp"', "",
             "namespace adbacus {", "namespace {"]
    for name, keys in KEYS.items():
        lines.append(f"constexpr AgentRule k_{name}_rules[] = {{")
        lines += [row(rule, keys) for rule in rules[name]]
        lines.append("};")
    lines.append("}  // namespace")
    for name, function in (("user_agent", "browser"), ("os", "os"), ("device", "device")):
        lines.append(f"std::span<const AgentRule> {function}_rules() {{ return k_{name}_rules; }}")
    lines += ["}  // namespace adbacus", ""]
    target = pathlib.Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
