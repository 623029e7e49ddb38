"""Every include stands for an arrow of DESIGN.md section 1: this test knows the arrows, and fails for any other."""

import pathlib
import re
import sys

ARROWS = {
    "base": set(),
    "tensor": {"base"},
    "kernels": {"tensor", "base"},
    "graph": {"kernels", "tensor", "base"},
    "ops": {"graph", "kernels", "tensor", "base"},
    "plugin": {"graph", "kernels", "tensor", "base", "atelier"},
    "experiment": {"plugin", "base"},
    "runlog": {"tensor", "base"},
    "training": {"experiment", "plugin", "graph", "ops", "runlog", "kernels", "tensor", "base", "atelier"},
    "compare": {"runlog", "experiment", "base"},
    "cli": {"compare", "training", "experiment", "plugin", "runlog", "base"},
}
# Libraries that belong to one room alone.
OWNED = {
    r"hdf5\.h": "runlog",
    r"dnnl": "kernels",
    r"Eigen/": "kernels",
    r"Random123/": "kernels",
    r"toml\+\+": "experiment",
    r"boost/dll": "plugin",
    r"boost/program_options": "cli",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    """All includes; of those in angle brackets, not the standard library's (<compare> is not our room)."""
    found = INCLUDE.finditer(path.read_text())
    return [match.group(2) for match in found if match.group(1) == '"' or re.search(r"[/.+]", match.group(2))]


def check_host(root):
    problems = []
    for path in sorted((root / "host").rglob("*.[ch]pp")):
        room = path.relative_to(root / "host").parts[0]
        for include in includes(path):
            first = include.split("/")[0]
            if (first in ARROWS or first == "atelier") and first != room and first not in ARROWS[room]:
                problems.append(f"{path}: the room '{room}' may not include {include}")
            for pattern, owner in OWNED.items():
                if re.match(pattern, include) and room != owner:
                    problems.append(f"{path}: only the room '{owner}' includes {include}")
    return problems


def check_outside(root):
    problems = []
    for folder, allowed in (("sdk/include", "atelier/"), ("plugins", "atelier/")):
        for path in sorted((root / folder).rglob("*.[ch]*")):
            if path.suffix not in (".h", ".hpp", ".cpp", ".c"):
                continue
            for include in includes(path):
                beside = (path.parent / include).is_file()
                if include.split("/")[0] in ARROWS or ("/" in include and not include.startswith(allowed) and not beside
                                                      and include.endswith((".hpp", ".h"))):
                    problems.append(f"{path}: may not include {include}")
    return problems


def main():
    root = pathlib.Path(sys.argv[1])
    rooms = {path.name for path in (root / "host").iterdir() if path.is_dir()}
    assert rooms == set(ARROWS), f"rooms {sorted(rooms ^ set(ARROWS))} are in one place only"
    problems = check_host(root) + check_outside(root)
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
