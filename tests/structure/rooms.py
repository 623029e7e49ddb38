"""The rooms of host/ as a build folder has them: which room sees which (rooms.txt, written by host/CMakeLists.txt)."""

import pathlib


def read_arrows(build):
    """{room: set of the rooms whose headers it may include}, in the order from the lowest room up."""
    arrows = {}
    for line in (pathlib.Path(build) / "rooms.txt").read_text().splitlines():
        room, _, seen = line.partition(":")
        arrows[room] = set(seen.split())
    return arrows
