"""The rooms of host/ as a build folder has them (rooms.txt, written by host/CMakeLists.txt)."""

import pathlib


def read_rooms(build):
    """[(room, the rooms whose headers it may include, what it is for)], the lowest room first."""
    lines = (pathlib.Path(build) / "rooms.txt").read_text().splitlines()
    return [(room, seen.split(), summary) for room, seen, summary in (line.split("\t") for line in lines)]


def read_arrows(build):
    """{room: set of the rooms whose headers it may include}"""
    return {room: set(seen) for room, seen, _ in read_rooms(build)}
