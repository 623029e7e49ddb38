"""What the compiler cannot hold: a library that belongs to one room is included there alone, reading a log and an experiment
needs no engine, and the SDK and the plugins include nothing of the host, nor the plugins each other.

Usage: includes_test.py SOURCE_FOLDER BUILD_FOLDER
"""

import pathlib
import re
import sys

import rooms

# Libraries that belong to one room alone.
OWNED = {
    r"hdf5\.h": "runlog",
    r"dnnl": "kernels",
    r"Eigen/": "kernels",
    r"Random123/": "kernels",
    r"toml\+\+": "experiment",
    r"boost/dll": "plugin",
    r"boost/program_options": "cli",
    r"tbb/": "execute",
    r"png\.h": "pictures",
    r"gif_lib\.h": "pictures",
    r"httplib\.h": "serve",
}
# Who reads logs or experiments needs none of these.
ENGINE = {"kernels", "record", "plan", "execute", "ops", "plugin"}
WITHOUT_ENGINE = ("catalog", "experiment", "runlog", "pictures", "compare", "report", "serve")
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
            for pattern, owner in OWNED.items():
                if re.match(pattern, include) and room != owner:
                    problems.append(f"{path}: only the room '{owner}' includes {include}")
    return problems


def check_engine(arrows):
    return [f"the room '{room}' lists {', '.join(sorted(arrows[room] & ENGINE))}, expected no engine"
            for room in WITHOUT_ENGINE if arrows[room] & ENGINE]


def check_outside(root, arrows):
    problems = []
    # A plugin may have libraries of its own; what is named here has its headers in a folder.
    for folder, allowed in (("sdk/include", ("atelier/",)), ("plugins", ("atelier/", "re2/", "sys/"))):
        for path in sorted((root / folder).rglob("*.[ch]*")):
            if path.suffix not in (".h", ".hpp", ".cpp", ".c"):
                continue
            for include in includes(path):
                beside = (path.parent / include).is_file()
                if include.split("/")[0] in arrows or ("/" in include and not include.startswith(allowed) and not beside
                                                      and include.endswith((".hpp", ".h"))):
                    problems.append(f"{path}: may not include {include}")
    return problems


def main():
    root = pathlib.Path(sys.argv[1])
    arrows = rooms.read_arrows(sys.argv[2])
    problems = check_host(root) + check_engine(arrows) + check_outside(root, arrows)
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
