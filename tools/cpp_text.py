"""Reads C++ as text: code without comments and literals, and where functions begin and end.

A heuristic for clang-formatted sources, not a parser.
"""
import re

TOKEN = re.compile(
    r'R"(?P<tag>[^\s()\\]{0,16})\((?:.*?)\)(?P=tag)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'"  # not the separator in 10'000
    r"|//[^\n]*|/\*.*?\*/",
    re.S)
CONTAINER = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b[^()]*$|\bnamespace\b")
NAMESPACE = re.compile(r"\bnamespace\s*([\w:]*)\s*$")
# Not `template <class T>`, not a return type: the name is followed by its bases or nothing.
TYPE_DEFINITION = re.compile(r"(?<![<,] )\b(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+"
                             r"(\w+)(?:\s+final)?\s*(?::(?!:)[^()]*)?$")
ACCESS = {"public", "private", "protected"}
WITH_PARENTHESES = re.compile(
    r"\b(?:alignas|decltype|__attribute__|noexcept)\s*\((?:[^()]|\([^()]*\))*\)")


def code_only(text):
    """The same text with comments and the insides of literals blanked; line numbers are kept.
    Include lines are blanked too: their quotes are no strings."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    text = re.sub(r"^\s*#\s*include[^\n]*", blank, text, flags=re.M)
    return TOKEN.sub(blank, text)


def lines_with(text, pattern):
    """Numbers of the lines where the pattern begins."""
    return [text.count("\n", 0, match.start()) + 1 for match in re.finditer(pattern, text)]


def without_code_blocks(text):
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "", text)


def types(text):
    """(name with its namespaces, line) of each class, struct, union and enum that the text defines at
    namespace scope; those in an anonymous namespace are nobody else's."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: "\n" * m.group(0).count("\n"),
                  code_only(text), flags=re.M)
    stack = []  # name of each open namespace, "" of an anonymous one, None of any other brace
    begin = 0
    for match in re.finditer(r"[{};]", code):
        head, begin = code[begin:match.start()], match.end()
        if match.group() == "}" and stack:
            stack.pop()
        elif match.group() == "{":
            namespace = NAMESPACE.search(head)
            defined = TYPE_DEFINITION.search(WITH_PARENTHESES.sub("", head))
            if defined and None not in stack and "" not in stack:
                yield "::".join([*stack, defined.group(1)]), code.count("\n", 0, match.start()) + 1
            stack.append(namespace.group(1) or "" if namespace else None)


def functions(text):
    """(first line, last line) of each function body with its signature; lambdas inside count as
    part of their function."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: "\n" * m.group(0).count("\n"),
                  code_only(text), flags=re.M)
    stack = []  # (kind, first line) of each open brace
    head = ""  # text since the last brace or semicolon
    line = 1
    depth = 0  # of parentheses in head
    head_line = 1
    for character in code:
        if character == "{" and depth == 0:
            stack.append((_kind(head, stack), head_line))
            head = ""
        elif character == "}" and depth == 0:
            kind, first = stack.pop() if stack else ("other", line)
            if kind == "function":
                yield first, line
            head = ""
        elif character == ";" and depth == 0:
            head = ""
        elif character == ":" and head.strip() in ACCESS:
            head = ""
        else:
            depth += (character == "(") - (character == ")")
            if not head.strip() and not character.isspace():
                head_line = line
            head += character
        if character == "\n":
            line += 1


def _kind(head, stack):
    if any(kind != "container" for kind, _ in stack):
        return "other"
    head = WITH_PARENTHESES.sub("", head)
    if ")" in head and not re.search(r"=\s*$", head):
        return "function"
    return "container" if CONTAINER.search(head) else "other"
