#!/usr/bin/env python3
# usage: lists_test.py SOURCE BUILD
# "expected" is followed by something: messages make lists of names by one_of, list_of and instead_of of base/text.hpp,
# which know what to say where there are none, and not by fmt::join.
import pathlib
import re
import sys

LISTS = re.compile(r"\b(?:expected|known|known:|it has|has|have|one of) \{\}")
BRACKETS = re.compile(r"\[\{\}\]|\(\{\}\)")  # which show that a list is empty


def statements(text):
    """The statements of a source, each with the line it begins at."""
    line = 1
    for statement in re.split(r"(?<=;)\n", text):
        yield line, statement
        line += statement.count("\n") + 1


def wrong(text):
    return [
        line
        for line, statement in statements(text)
        if "fmt::join(" in statement and LISTS.search(statement) and not BRACKETS.search(statement)
    ]


def main(source):
    assert wrong('throw Error(kind, "no x, expected {}",\n      fmt::join(names, ", "));\n') == [1]
    assert not wrong('throw Error(kind, "no x, expected {}", one_of(names));\nlog(fmt::join(names, ", "));\n')
    assert not wrong('throw Error(kind, "got [{}], expected {}", fmt::join(lengths, ", "), shape);\n')
    found = []
    for file in sorted((source / "host").rglob("*.cpp")):
        found += [f"{file.relative_to(source)}:{line}" for line in wrong(file.read_text())]
    for place in found:
        print(f"{place}: a list that may be empty; hint: one_of, list_of or instead_of of base/text.hpp")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
