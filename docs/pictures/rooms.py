"""Draws the rooms of host/ from a build's own targets: docs/pictures/rooms.svg, and the table of rooms in docs/architecture.md.

Usage: python3 docs/pictures/rooms.py build            needs Graphviz's `dot`
       python3 docs/pictures/rooms.py build --check    whether both are what the build says; needs nothing
"""

import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "structure"))
import rooms as build_rooms  # noqa: E402

SVG = ROOT / "docs" / "pictures" / "rooms.svg"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by docs/pictures/rooms.py -->", "<!-- end of rooms -->"
# What a reader looks for at one height: those who run experiments, those who keep them, the engine.
COLOURS = {
    "cli": "#ffffff",
    **dict.fromkeys(("check", "training", "inference", "data"), "#fdf1d8"),
    **dict.fromkeys(("serve", "report", "compare", "decision", "runlog", "experiment", "catalog", "pictures"), "#dcecf7"),
    **dict.fromkeys(("plugin", "ops", "record", "plan", "execute", "kernels"), "#e4f2df"),
}


def reduced(arrows):
    """The arrows without those that a longer way stands for (transitive reduction)."""

    def reachable(room, without):
        todo, seen = [other for other in arrows[room] if other != without], set()
        while todo:
            other = todo.pop()
            if other not in seen:
                seen.add(other)
                todo += arrows[other]
        return seen

    return [(room, other) for room in arrows for other in sorted(arrows[room]) if other not in reachable(room, other)]


def signature(rooms):
    """One line that says all that the picture shows."""
    return " | ".join(f"{room} > {' '.join(sorted(seen))} : {summary}" for room, seen, summary in rooms)


def graph(rooms):
    lines = ['digraph rooms { rankdir=TB; ranksep=0.35; nodesep=0.25; bgcolor="white";',
             'node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=11, margin="0.12,0.07"];',
             'edge [color="#777777", arrowsize=0.6];']
    for room, _, summary in rooms:
        text = "<br/>".join(line.replace("&", "&amp;") for line in textwrap.wrap(summary, 30))
        lines.append(f'{room} [fillcolor="{COLOURS.get(room, "#eeeeee")}", '
                     f'label=<<b>{room}</b><br/><font point-size="9">{text}</font>>];')
    arrows = {room: set(seen) for room, seen, _ in rooms}
    return "\n".join(lines + [f"{room} -> {other};" for room, other in reduced(arrows)] + ["}"])


def table(rooms):
    rows = ["| room | is for | may include |", "|---|---|---|"]
    rows += [f"| `{room}` | {summary} | {', '.join(seen) or 'nothing of ours'} |" for room, seen, summary in reversed(rooms)]
    return "\n".join(rows)


def document_with(rooms):
    text = ARCHITECTURE.read_text()
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return f"{head}{BEGIN}\n\n{table(rooms)}\n\n{END}{tail}"


def main():
    rooms = build_rooms.read_rooms(sys.argv[1])
    comment = f"<!-- {signature(rooms)} -->".replace("--", "- -").replace("<!- -", "<!--").replace("- ->", "-->")
    if "--check" in sys.argv:
        stale = [str(path.relative_to(ROOT)) for path, good in (
            (SVG, SVG.is_file() and comment in SVG.read_text()), (ARCHITECTURE, ARCHITECTURE.read_text() == document_with(rooms)))
            if not good]
        sys.exit(f"{', '.join(stale)}: not what the build says; run: python3 docs/pictures/rooms.py build" if stale else 0)
    svg = subprocess.run(["dot", "-Tsvg"], input=graph(rooms), text=True, capture_output=True, check=True).stdout
    SVG.write_text(svg.replace("</svg>", f"{comment}\n</svg>"))
    ARCHITECTURE.write_text(document_with(rooms))


if __name__ == "__main__":
    main()
