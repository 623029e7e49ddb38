"""The fenced code blocks of a Markdown file.

Every block says what it is: `sh` is a list of commands, `python` a program, `toml` an experiment or a part of one, `text`
what something printed. In commands and programs LOG.h5 stands for the newest log of its folder. A block with a name after
that, as in ```cpp gmmn.cpp, is the file of this name.
"""

import re
import subprocess
import tomllib
from typing import NamedTuple

KINDS = ("sh", "python", "toml", "text", "cpp", "cmake")


class Block(NamedTuple):
    kind: str
    text: str
    line: int
    file: str  # "" for none


def blocks(text):
    found, kind, lines = [], None, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif kind is None:
            (kind, _, file), lines, start = line.removeprefix("```").strip().partition(" "), [], number
            if kind not in KINDS:
                raise ValueError(f"line {number}: a block of '{kind}', expected one of {', '.join(KINDS)}")
            if kind in ("cpp", "cmake") and not file:
                raise ValueError(f"line {number}: a block of '{kind}' without the name of its file")
        else:
            found.append(Block(kind, "\n".join(lines) + "\n", start, file))
            kind = None
    if kind is not None:
        raise ValueError(f"line {start}: a block without an end")
    return found


def commands(block):
    """The commands of a block of shell, each whole: a loop, or a line that a backslash continues, is one."""
    found, pending = [], ""
    for line in block.splitlines():
        pending += line + "\n"
        whole = subprocess.run(["bash", "-n", "-c", pending], capture_output=True, check=False).returncode == 0
        if whole and not line.endswith("\\"):
            if re.sub(r"#.*", "", pending).strip():
                found.append(pending.strip())
            pending = ""
    if pending.strip():
        raise ValueError(f"not a whole command: {pending.strip()}")
    return found


def flat(table, prefix=""):
    """The values of a TOML table by their dotted keys."""
    values = {}
    for key, value in table.items():
        if isinstance(value, dict):
            values.update(flat(value, f"{prefix}{key}."))
        else:
            values[prefix + key] = value
    return values


def is_whole_experiment(text):
    table = tomllib.loads(text)
    return "name" in table and "model" in table


def without_comments(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]
