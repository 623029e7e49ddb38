"""The sources to look at for a change: those that it touches in host/ and plugins/, and for a header that it touches one source that
sees it, by what the build knows of who includes what.

Usage: changed_units.py BUILD_FOLDER [BASE]    what differs from the commit BASE, what is not committed included; without BASE, from the
                                               newest commit that is four hours older than the newest of all
"""

import pathlib
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


def sources_by_header(root, build):
    """{header, as the tree has it: the sources that include it}, from ninja's own record."""
    found = {}
    text = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], text=True, capture_output=True, check=True).stdout
    for block in text.split("\n\n"):
        paths = [(build / line.strip()).resolve() for line in block.splitlines()[1:]]
        inside = [str(path.relative_to(root)) for path in paths if path.is_relative_to(root)]
        source = next((path for path in inside if path.endswith(".cpp")), None)
        if source and source.startswith(("host/", "plugins/")):
            for path in inside:
                found.setdefault(path, set()).add(source)
    return found


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    root = pathlib.Path(git("rev-parse", "--show-toplevel")[0]).resolve()
    files = changed(sys.argv[2] if len(sys.argv) > 2 else default_base())
    units = {path for path in files if path.endswith(".cpp")}
    including = sources_by_header(root, build)
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
