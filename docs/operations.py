"""Writes sdk/operations.md, the catalogue of operations, from the registry (build/bin/list_operations) and the SDK's headers.

Usage: python3 docs/operations.py build            ./bootstrap operations builds what it needs, and calls it
       python3 docs/operations.py build --check    whether the catalogue is what both say
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADERS = ROOT / "sdk" / "include" / "atelier"
CATALOGUE = ROOT / "sdk" / "operations.md"
GRADIENTS = {"twice": "yes, and the gradient has gradients again", "once": "yes, but the gradient has none of its own",
             "constant": "none flows: the result counts as constant", "none": "an error: there is none yet"}

HEAD = """# Operations

<!-- Written by docs/operations.py from the registry; do not edit: ./bootstrap operations -->

What a step can be recorded of. A plugin in C asks for an operation by its name, `core->operation(name, &operation)`, and records it
with `core->apply`; in C++ each is a function of the header that is named beside it, and `atelier/operations.hpp` has all. The number
behind the slash is the version: what an operation of this name means, its attributes and their order, stays as it is; another meaning
is another version beside it.

How to read the shapes:

- `x (B, C, H, W)` is an input, of as many axes. `(...)` stands for any axes, the same ones wherever it stands; where two inputs of an
  elementwise operation are `(...)`, they are broadcast: axes are aligned at the end, and each pair is equal or has a 1.
- An input is of the run's real type, float32 (float64 where gradients are checked), unless `int64` or `any` stands before its shape.
- `[bias (O)]` may be left out. `parts...` is one tensor or more.
- Images are (B, C, H, W): batch, channels, rows, columns.

Attributes are given in the order in which they stand here, and trailing ones with a default may be left out. One that *may change* can
have another value in every step at no cost; another value of any other makes a new plan. Axes count from 0, or from the end where
negative. A gradient that "has gradients again" can be recorded, and be a part of a loss.
"""


def read_registry(build):
    """[(title, [operation])] as list_operations prints them."""
    text = subprocess.run([str(pathlib.Path(build) / "bin" / "list_operations")], text=True, capture_output=True, check=True).stdout
    families = []
    for line in text.splitlines():
        kind, *fields = line.split("\t")
        if kind == "family":
            families.append((fields[0], []))
        elif kind == "operation":
            name, summary, gradient = fields
            signature, _, meaning = summary.partition(": ")
            families[-1][1].append({"name": name, "signature": signature, "meaning": meaning, "gradient": gradient, "attributes": []})
        else:
            families[-1][1][-1]["attributes"].append(fields)
    return [(title, operations) for title, operations in families if operations]


SIGNATURE = re.compile(r"^( *)(?:\[\[nodiscard\]\] )?(?:inline |static )*[\w:<>]+ ((?:Tensor::)?(?:operator\S+?|\w+))\(")
CLASS = re.compile(r"^(?:class|struct)(?: ATELIER_OWN)? (\w+)")
NAME = re.compile(r'"(\w+/\d+)"')
HELPER = re.compile(r"detail::(\w+)\(")
MACRO = re.compile(r'^ATELIER_\w+\((\S+), "(\w+/\d+)"\)')


def read_wrappers():
    """{operation: [(function, header)]} of the SDK's headers. What is private in a class is the class's; what is in namespace detail
    is its callers'."""
    found = {}
    for header in sorted(HEADERS.glob("*.hpp")):
        function, owner, private, detail = "", "", False, False
        for line in header.read_text().splitlines():
            macro = MACRO.match(line)
            if macro:
                found.setdefault(macro.group(2), []).append((macro.group(1), header.name))
                continue
            if line.startswith(("namespace detail", "}  // namespace detail")):
                detail = line.startswith("namespace")
            if CLASS.match(line):
                owner, private = CLASS.match(line).group(1), line.startswith("class")
            elif line.startswith("}"):
                owner = ""
            elif line.strip() in ("private:", "public:", "protected:"):
                private = line.strip() == "private:"
            signature = SIGNATURE.match(line)
            if signature and signature.group(2) and len(signature.group(1)) == (2 if owner else 0):
                function = signature.group(2)
            code = line.split("//")[0]
            for name in NAME.findall(code) + [f"detail::{name}" for name in HELPER.findall(code)]:
                where = function if not owner else owner if private else f"{owner}::{function}"
                where = f"detail::{where}" if detail else where
                if (where, header.name) not in found.setdefault(name, []):
                    found[name].append((where, header.name))
    for name in [name for name in found if "/" in name]:
        direct = [place for place in found[name] if not place[0].startswith("detail::")]
        indirect = [place for helper, _ in found[name] for place in found.get(helper, []) if not place[0].startswith("detail::")]
        found[name] = direct or indirect
    return {name: places for name, places in found.items() if "/" in name}


def attribute_text(attribute):
    name, kind, default, changes = attribute
    text = f"`{name}` {kind}"
    if default:
        text += f", by default {default}"
    return text + (", may change" if changes else "")


def operation_text(operation, wrappers):
    lines = [f"### `{operation['name']}`", "", f"`{operation['signature']}`  ", f"{operation['meaning']}", ""]
    if operation["attributes"]:
        lines.append("- attributes: " + "; ".join(attribute_text(attribute) for attribute in operation["attributes"]))
    lines.append(f"- gradient: {GRADIENTS[operation['gradient']]}")
    if wrappers:
        lines.append("- C++: " + ", ".join(f"`{function}` in `{header}`" for function, header in wrappers))
    return "\n".join(lines)


def catalogue(families, wrappers):
    def names(operations):  # once, whatever number of versions
        return dict.fromkeys(operation["name"].split("/")[0] for operation in operations)
    contents = "\n".join(f"- [{title}](#{title.lower().replace(' ', '-')}): " + ", ".join(f"`{name}`" for name in names(operations))
                         for title, operations in families)
    parts = [HEAD + "\n" + contents]
    for title, operations in families:
        parts.append(f"## {title}")
        parts += [operation_text(operation, wrappers.get(operation["name"], [])) for operation in operations]
    return "\n\n".join(parts) + "\n"


def problems(families, wrappers):
    """What the headers ask for must be public; the host would refuse it."""
    known = {operation["name"] for _, operations in families for operation in operations}
    return [f"sdk/include/atelier/{header}: {function} records {name}, which is no public operation"
            for name, places in sorted(wrappers.items()) if name not in known for function, header in places]


def main():
    families, wrappers = read_registry(sys.argv[1]), read_wrappers()
    if wrong := problems(families, wrappers):
        sys.exit("\n".join(wrong))
    text = catalogue(families, wrappers)
    if "--check" not in sys.argv:
        CATALOGUE.write_text(text)
    elif not CATALOGUE.is_file() or CATALOGUE.read_text() != text:
        sys.exit("sdk/operations.md: not what the registry and the SDK's headers say; run: ./bootstrap operations")


if __name__ == "__main__":
    main()
