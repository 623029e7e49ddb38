"""An arrow that is not drawn does not compile: with the flags that each room is really compiled with, the compiler finds the
headers of the rooms that it lists and of no other. And no arrow is drawn that nothing needs.

Usage: arrows_test.py SOURCE_FOLDER BUILD_FOLDER
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import rooms

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def headers_of(source, room):
    return sorted((source / "host" / room).glob("*.hpp"))


def room_of(path, source, build):
    """Of a source, or of what joins some (build/host/ROOM/CMakeFiles/TARGET.dir/Unity/unity_0_cxx.cxx); None of others."""
    if path.parent.parent == source / "host":
        return path.parent.name
    if path.parent.name == "Unity" and path.is_relative_to(build / "host"):
        return path.relative_to(build / "host").parts[0]
    return None


def compilers(source, build):
    """{room: (compiler, its include flags)} from the build's own compile commands, those of sources of host/ROOM."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        room = room_of(pathlib.Path(entry["file"]), source, build)
        if room:
            words = shlex.split(entry["command"])
            words = words[next(i for i, word in enumerate(words) if pathlib.Path(word).name != "ccache"):]
            roots = [word for word in words if word.startswith("-I")]
            found.setdefault(room, (words[0], roots, set()))[2].update([tuple(roots)])
    return found


def visible(compiler, roots, directory, source, arrows):
    """The rooms of which the compiler finds a header, asked in one run of its preprocessor."""
    probe = "".join(
        f'#if __has_include("{room}/{headers_of(source, room)[0].name}")\n{room}\n#endif\n' for room in arrows)
    done = subprocess.run([compiler, "-E", "-P", "-x", "c++", "-std=c++20", *roots, "-"], input=probe, text=True,
                          capture_output=True, check=True, cwd=directory)
    return set(done.stdout.split())


def included_rooms(source, arrows, path):
    names = {include.split("/")[0] for include in INCLUDE.findall(path.read_text()) if "/" in include}
    return names & set(arrows)


def needed(source, arrows, room):
    """Rooms that the sources of a room include, and those that the headers met on the way include in turn."""
    seen, todo = set(), [path for path in (source / "host" / room).rglob("*.[ch]pp")]
    found = set()
    while todo:
        path = todo.pop()
        for include in INCLUDE.findall(path.read_text()):
            header = source / "host" / include
            if include.split("/")[0] in arrows and header not in seen and header.is_file():
                seen.add(header)
                found.add(include.split("/")[0])
                todo.append(header)
    return found - {room}


def refuses(compiler, roots, directory, header):
    """Whether a file that includes this header fails to build, for that reason."""
    done = subprocess.run([compiler, "-fsyntax-only", "-x", "c++", "-std=c++20", *roots, "-"],
                          input=f'#include "{header}"\n', text=True, capture_output=True, check=False, cwd=directory,
                          env={**os.environ, "LC_ALL": "C"})
    return done.returncode != 0 and f"{header}: No such file or directory" in done.stderr


def main():
    source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    arrows = rooms.read_arrows(build)
    folders = {path.name for path in (source / "host").iterdir() if path.is_dir()}
    problems = [f"host/{name}: a folder that is no room" for name in sorted(folders - set(arrows))]
    commands = compilers(source, build)
    checked = 0
    for room, listed in arrows.items():
        compiler, roots, _ = commands[room]
        found = visible(compiler, roots, build, source, arrows) - {room}
        problems += [f"{room} sees {other}, which it does not list" for other in sorted(found - listed)]
        problems += [f"{room} lists {other} and does not see it" for other in sorted(listed - found)]
        problems += [f"{room} lists {other}, and nothing in it needs that"
                     for other in sorted(listed - needed(source, arrows, room))]
        for other in sorted(set(arrows) - listed - {room}):
            checked += 1
            if not refuses(compiler, roots, build, f"{other}/{headers_of(source, other)[0].name}"):
                problems.append(f"{room}: a file that includes a header of {other} builds")
    print("\n".join(problems) if problems else f"{len(arrows)} rooms, {checked} arrows that are not drawn do not compile")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
