#!/usr/bin/env python3
"""Turns the open list of crawlers' user agents (npm crawler-user-agents, MIT licence) into words.

Usage: tools/crawler_words.py crawler-user-agents.json > crawlers.txt

A word is a fixed text, found anywhere in a user agent; '^' before it: at the begin, '$' behind it:
at the end (src/processor/fraud/agent_words.hpp). Patterns with choices become several words. Those
that no words can say, and those whose words would be too short, go to stderr.
"""
import json
import re
import sys
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_parse

SHORTEST, LONGEST, MOST = 3, 100, 64


class NotFixed(Exception):
    pass


def texts(parsed):
    """Every text that a parsed pattern matches, with its anchors; NotFixed if they are too many."""
    found = [""]
    for kind, value in parsed:
        name = str(kind)
        if name == "LITERAL":
            choices = [chr(value)]
        elif name == "IN" and all(str(k) == "LITERAL" for k, _ in value):
            choices = [chr(v) for _, v in value]
        elif name == "BRANCH":
            choices = [text for branch in value[1] for text in texts(branch)]
        elif name == "SUBPATTERN":
            choices = texts(value[3])
        elif name == "AT" and str(value) in ("AT_BEGINNING", "AT_END"):
            choices = ["^" if str(value) == "AT_BEGINNING" else "$"]
        else:
            raise NotFixed
        found = [before + after for before in found for after in choices]
        if len(found) > MOST:
            raise NotFixed
    return found


def words_of(pattern):
    words = texts(sre_parse.parse(pattern))
    for word in words:
        fixed = word.removeprefix("^").removesuffix("$")
        if not SHORTEST <= len(fixed) <= LONGEST or set(fixed) & set("^$") or not fixed.isprintable() \
                or not fixed.isascii():
            raise NotFixed
    return words


def main(path):
    with open(path, encoding="utf-8") as listed:
        patterns = [entry["pattern"] for entry in json.load(listed)]
    words = set()
    for pattern in patterns:
        try:
            words.update(words_of(pattern))
        except (NotFixed, re.error):
            print(f"left out: {pattern}", file=sys.stderr)
    print("# Made from the list crawler-user-agents.")
    print("\n".join(sorted(words)))


if __name__ == "__main__":
    main(sys.argv[1])
