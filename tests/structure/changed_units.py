"""The sources to look at for a change: those that it touches in host/ and plugins/, and for a header that it touches one source that
sees it.

Usage: changed_units.py [BASE]    what differs from the commit BASE, what is not committed included; without BASE, from the newest commit
                                  that is four hours older than the newest of all
"""

import pathlib
import re
import subprocess
import sys


def git(*words):
    return subprocess.run(["git", *words], text=True, capture_output=True, check=True).stdout.split()


def default_base():
    newest = int(git("log", "-1", "--format=%ct")[0])
    hours = 4  # what takes longer to make is seen by the whole lint
    older = git("rev-list", "-1", f"--before={newest - hours * 3600}", "HEAD")
    return older[0] if older else git("hash-object", "-t", "tree", "/dev/null")[0]


def changed(base):
    tracked = git("diff", "--name-only", "--diff-filter=d", base, "--", "host", "plugins", "sdk/include")
    return sorted({*tracked, *git("ls-files", "--others", "--exclude-standard", "--", "host", "plugins", "sdk/include")})


INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


def included(root, path):
    """The headers of this tree that a file includes: of a room, of the plugin SDK, or of its own folder or its neighbours."""
    for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        for folder in (root / "host", root / "sdk" / "include", path.parent, path.parent.parent):
            if (folder / name).is_file():
                yield (folder / name).resolve()
                break


def sources_by_header(root):
    """{header, as the tree has it: the sources of host/ and plugins/ that see it}."""
    found = {}
    for source in git("ls-files", "host/*.cpp", "plugins/*.cpp"):
        seen, todo = set(), [root / source]
        while todo:
            for header in included(root, todo.pop()):
                if header not in seen:
                    seen.add(header)
                    todo.append(header)
        for header in seen:
            found.setdefault(str(header.relative_to(root)), set()).add(source)
    return found


def main():
    root = pathlib.Path(git("rev-parse", "--show-toplevel")[0]).resolve()
    files = changed(sys.argv[1] if len(sys.argv) > 1 else default_base())
    units = {path for path in files if path.endswith(".cpp")}
    including = sources_by_header(root)
    for header in (path for path in files if path.endswith((".hpp", ".h"))):
        sources = including.get(header, set())
        own = header.removesuffix(".hpp") + ".cpp"
        if sources and not sources & units:  # else it is seen already
            units.add(own if own in sources else min(sources))
        elif not sources:
            print(f"{header}: no source of host/ or plugins/ includes it", file=sys.stderr)
    print("\n".join(sorted(units)))


if __name__ == "__main__":
    main()
