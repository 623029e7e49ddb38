"""What holds the contract: its headers, its recorded layouts (sdk/abi-1.0.layout, ...), its history (sdk/ABI-HISTORY.md), and
the headers as they were released (tests/abi/1.0, ...). Each function takes the root of a source tree, and gives what is
wrong with it, in words."""

import hashlib
import pathlib
import re
import subprocess
import tempfile

import layout
from layout import Layout

# A row of the table in sdk/ABI-HISTORY.md.
ROW = re.compile(r"^\| (\d+)\.(\d+) \| \d{4}-\d{2}-\d{2} \| `([0-9a-f]{64})` \| \S.* \|$", re.MULTILINE)


def versions(root):
    """Of the history, oldest first: (major, minor) and the hash of the layout."""
    history = root / "sdk/ABI-HISTORY.md"
    text = history.read_text(encoding="utf-8") if history.is_file() else ""
    return [((int(major), int(minor)), digest) for major, minor, digest in ROW.findall(text)]


def layout_file(root, version):
    return root / f"sdk/abi-{version[0]}.{version[1]}.layout"


def released_headers(root, version):
    return root / f"tests/abi/{version[0]}.{version[1]}/include"


def history(root):
    """Each version has its line, its layout as it was recorded, and its headers."""
    problems = []
    listed = versions(root)
    if not listed:
        return ["sdk/ABI-HISTORY.md: no version is listed, expected at least 1.0"]
    if [version for version, _ in listed] != sorted({version for version, _ in listed}):
        problems.append("sdk/ABI-HISTORY.md: versions twice, or not in their order")
    for version, digest in listed:
        file = layout_file(root, version)
        if not file.is_file():
            problems.append(f"{file.name}: is missing, and sdk/ABI-HISTORY.md lists its version")
            continue
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found != digest:
            problems.append(f"{file.name}: has the hash {found}, and its line in sdk/ABI-HISTORY.md says {digest}; hint: "
                            "a released layout is never changed, a later minor gets a file and a line of its own")
        if not (released_headers(root, version) / "atelier/abi.h").is_file():
            problems.append(f"{released_headers(root, version).relative_to(root)}: the headers as released are missing")
    expected = {layout_file(root, version) for version, _ in listed}
    problems += [f"{file.name}: has no line in sdk/ABI-HISTORY.md"
                 for file in sorted(set((root / "sdk").glob("abi-*.layout")) - expected)]
    return problems


def differences(recorded, found):
    """Line by line, as a reader of both would see them."""
    old, new = str(recorded).splitlines(), str(found).splitlines()
    missing, added = set(old) - set(new), set(new) - set(old)
    lines = [f"  recorded: {line.strip()}" for line in old if line in missing]
    lines += [f"  found:    {line.strip()}" for line in new if line in added]
    return "\n".join(lines) or "  the same lines in another order"


def read_layout(root, version):
    file = layout_file(root, version)
    return Layout.parse(file.read_text(encoding="utf-8")) if file.is_file() else None


def exact(root, include_folder, version, compilers=tuple(layout.COMPILERS)):
    """The compilers see what is recorded of a version, in these headers."""
    problems = []
    recorded = read_layout(root, version)
    if recorded is None:
        return [f"{layout_file(root, version).name}: is missing"]
    for compiler in compilers:
        try:
            found = layout.read(compiler, include_folder)
        except (layout.DoesNotCompile, ValueError) as error:
            problems.append(str(error))
            continue
        if str(found) != layout_file(root, version).read_text(encoding="utf-8"):
            problems.append(f"{layout_file(root, version).name}: {compiler} sees another contract\n"
                            + differences(recorded, found))
    return problems


def breaks(old, new):
    """What a plugin that was built with the layout `old` would trip over in a host of the layout `new`."""
    problems = []
    embedded = {member.type.split("[")[0] for struct in new.structs.values() for member in struct.members}
    for name, struct in old.structs.items():
        if name not in new.structs:
            problems.append(f"{name}: is gone")
            continue
        later = new.structs[name]
        same = later.members[:len(struct.members)]
        for before, after in zip(struct.members, same):
            if before != after:
                problems.append(f"{name}: was {before}, is {after}")
        if len(same) < len(struct.members):
            problems.append(f"{name}: has lost its last members")
        added = later.members[len(struct.members):]
        may_grow = struct.members[0].name == "size" and name not in embedded
        if (added or later.size != struct.size) and not may_grow:
            problems.append(f"{name}: has grown, and has no size in front, or is a part of other structs")
        if added and added[0].offset != struct.size:
            problems.append(f"{name}: {added[0].name} does not stand behind the old end, {struct.size}")
    for name, value in old.lines.items():
        if name != "macro ATL_ABI_MINOR" and new.lines.get(name) != value:
            problems.append(f"{name}: was {value}, is {new.lines.get(name, 'gone')}")
    return problems


def extensions(root):
    """Later layouts hold all that the earlier ones of their major have, at the same places."""
    problems = []
    listed = [version for version, _ in versions(root) if layout_file(root, version).is_file()]
    for old, new in zip(listed, listed[1:]):
        if old[0] == new[0]:
            problems += [f"{layout_file(root, new).name} beside {layout_file(root, old).name}: {problem}"
                         for problem in breaks(read_layout(root, old), read_layout(root, new))]
    return problems


def assertions(root, found):
    """Every member and every struct is asserted where it is declared; that the figures are right is the compiler's."""
    text = "".join(file.read_text(encoding="utf-8") for file in (root / "sdk/include/atelier/abi").glob("*.h"))
    held = set(re.findall(r"^ATL_LAYOUT\((\w+), (\w+), \d+\);$", text, re.MULTILINE))
    sizes = set(re.findall(r"^ATL_SIZE\((\w+), \d+\);$", text, re.MULTILINE))
    problems = [f"{name}: no ATL_SIZE behind it" for name in found.structs if name not in sizes]
    for name, struct in found.structs.items():
        members = {member.name.split(".")[0] for member in struct.members}
        problems += [f"{name}: no ATL_LAYOUT of {member}" for member in sorted(members) if (name, member) not in held]
    return problems


def without_assertions(include_folder, target):
    """The same headers, for those who look at them with other eyes: a mistake may have been made in both."""
    for file in (include_folder / "atelier").rglob("*.h"):
        copy = target / file.relative_to(include_folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8")
        copy.write_text(re.sub(r"^ATL_(LAYOUT|SIZE)\(.*\n", "", text, flags=re.MULTILINE), encoding="utf-8")


def compiles(include_folder, compilers=tuple(layout.COMPILERS)):
    """The static assertions, and nothing hides in the padding: in C and C++, by both families of compilers."""
    problems = []
    flags = ["-fsyntax-only", "-Wall", "-Wextra", "-pedantic", "-Wshadow", "-Wpadded", "-Werror"]
    for compiler in compilers:
        done = subprocess.run(layout.COMPILERS[compiler] + flags + layout.ALL_OF_IT + ["-I", str(include_folder), "-"],
                              input="#include <atelier/abi.h>\n", text=True, capture_output=True)
        if done.returncode != 0:
            problems.append(f"{compiler}: {done.stderr}")
    return problems


def library_of(include_folder, structs, target):
    source = "#include <atelier/abi.h>\n" + "".join(f"{name} one_{name};\n" for name in structs)
    subprocess.run(["gcc", "-std=c11", "-g", "-shared", "-fPIC", *layout.ALL_OF_IT, "-I", str(include_folder), "-x", "c",
                    "-", "-o", str(target)], input=source, text=True, check=True)


def abidiff(old, new, structs):
    """libabigail's opinion of two folders of headers, which must have the same types."""
    with tempfile.TemporaryDirectory() as folder:
        libraries = [pathlib.Path(folder, side, "contract.so") for side in ("old", "new")]
        for library, headers in zip(libraries, (old, new)):
            library.parent.mkdir()
            library_of(headers, structs, library)
        done = subprocess.run(["abidiff", "--harmless", *map(str, libraries)], text=True, capture_output=True)
        return [] if done.returncode == 0 else [f"abidiff: {done.stdout}{done.stderr}"]
